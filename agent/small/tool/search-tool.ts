import { stat } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import { resolveInsideRoot } from '../workspace.ts';
import { defineTool, ToolError } from './tool.ts';

const TIMEOUT_MS = 15_000;

/** Job of the search worker; `start` is the real path of a file or directory inside `root`. */
export type SearchJob = { readonly root: string; readonly start: string; readonly pattern: string };
const answerSchema = z.object({ text: z.string() });

/** Tool that searches the text files of the workspace for a regular expression. */
export const searchTool = defineTool({
  name: 'search',
  description:
    'Search the text files of the workspace for a JavaScript regular expression. Returns path:line: text.',
  kind: 'search',
  requiresPermission: false,
  parameters: z.object({
    pattern: z.string().min(1).max(1_000),
    path: z.string().min(1).default('.'),
  }),
  title: (input) => `Search for ${input.pattern}`,
  async run(input, { root, signal }) {
    const start = await resolveInsideRoot(root, input.path);
    if ((await stat(start).catch(() => undefined)) === undefined) {
      throw new ToolError(`${input.path} does not exist`);
    }
    requireValidPattern(input.pattern);
    return await searchInWorker({ root, start, pattern: input.pattern }, signal);
  },
});

function requireValidPattern(pattern: string): void {
  try {
    new RegExp(pattern);
  } catch (error) {
    throw new ToolError(`the pattern is not a regular expression: ${String(error)}`);
  }
}

/** Searches in a worker thread, because a regular expression may take very long and the session must still react to a cancel. */
async function searchInWorker(job: SearchJob, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted();
  const worker = new Worker(new URL('../search-worker.ts', import.meta.url), {
    workerData: job,
    env: {},
  });
  const stopSignal = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  try {
    return await new Promise<string>((resolve, reject) => {
      worker.once('message', (message) => resolve(answerSchema.parse(message).text));
      worker.once('error', reject);
      stopSignal.addEventListener('abort', () =>
        reject(
          new ToolError(
            `the search was stopped after ${TIMEOUT_MS / 1_000} s; use a simpler pattern or a narrower path`,
          ),
        ),
      );
    });
  } finally {
    await worker.terminate();
  }
}
