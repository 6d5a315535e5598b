import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import { resolveInsideRoot } from '../workspace.ts';
import { defineTool, ToolError } from './tool.ts';

const MAX_FILE_BYTES = 5_000_000;
const MAX_CHARS = 60_000;

export const readFileTool = defineTool({
  name: 'read_file',
  description:
    'Read a text file of the workspace. Returns its lines as they are; use offset and limit for long files.',
  kind: 'read',
  asksPermission: false,
  parameters: z.object({
    path: z.string().min(1).describe('relative to the workspace'),
    offset: z.number().int().min(1).default(1).describe('first line, from 1'),
    limit: z.number().int().min(1).max(5_000).default(2_000).describe('how many lines'),
  }),
  title: (input) => `Read ${input.path}`,
  paths: (input) => [input.path],
  async run(input, { root }) {
    const text = await readTextFile(await resolveInsideRoot(root, input.path), input.path);
    const lines = text.split('\n');
    const first = input.offset - 1;
    const chosen = lines.slice(first, first + input.limit);
    const shown = chosen.join('\n').slice(0, MAX_CHARS);
    const isWhole = first === 0 && shown.length === text.length;
    if (isWhole) return text;
    return `${shown}\n[lines ${input.offset} to at most ${first + chosen.length} of ${lines.length}, at most ${MAX_CHARS} characters]`;
  },
});

/** Throws ToolError for what is no text file of a bearable size. */
export async function readTextFile(file: string, named: string): Promise<string> {
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) throw new ToolError(`${named} does not exist`);
  if (!found.isFile()) throw new ToolError(`${named} is not a file; use list_files`);
  if (found.size > MAX_FILE_BYTES)
    throw new ToolError(`${named} is too large: ${found.size} bytes`);
  const bytes = await readFile(file);
  if (bytes.includes(0)) throw new ToolError(`${named} is not text`);
  return bytes.toString('utf8');
}
