import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writePrivateFile } from '../platform/platform-keys.ts';

const stateSchema = z.object({
  modelKey: z.string().min(10),
  repository: z.string().optional(),
  complexPlan: z.string().optional(),
  simplePlan: z.string().optional(),
  done: z.boolean(),
});
/** Progress of a demo: the facts from which `--resume` continues after the demo process was killed. */
export type DemoState = z.infer<typeof stateSchema>;

/** Loads the progress; undefined if no demo has started. Throws if the file is invalid. */
export async function loadDemoState(dataDir: string): Promise<DemoState | undefined> {
  const text = await readFile(getStatePath(dataDir), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : stateSchema.parse(JSON.parse(text));
}

/** Saves the progress to `demo.json`. */
export function saveDemoState(dataDir: string, state: DemoState): Promise<void> {
  return writePrivateFile(getStatePath(dataDir), state);
}

function getStatePath(dataDir: string): string {
  return join(dataDir, 'demo.json');
}
