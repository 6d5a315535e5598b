import { randomUUID } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

// What the launcher knows of a pod, in the pod's own folder. `intent` is on disk before the process is started, so that a
// launcher that dies in between leaves a name, a uid and a folder to look for.

const identitySchema = z.object({
  pid: z.number().int().positive(),
  /** Of the process, as the system says it: tells a process from a later one with its number. */
  startTime: z.string(),
});
export type ProcessIdentity = z.infer<typeof identitySchema>;

const podRecordSchema = z.object({
  version: z.literal(1),
  name: z.string(),
  attemptId: z.string(),
  uid: z.string(),
  /** `ended`: nothing of it lives and its work folder is gone; the entry waits to be removed. */
  phase: z.enum(['intent', 'started', 'ended']),
  /** Epoch milliseconds, both. */
  startedAt: z.number(),
  deadline: z.number(),
  /** Who writes this: an intent of a live launcher is one to wait for. */
  launcher: identitySchema,
  bridge: identitySchema.optional(),
});
export type PodRecord = z.infer<typeof podRecordSchema>;

const RECORD_NAME = 'pod.json';

/** Undefined: there is no such pod. */
export async function readPodRecord(folder: string): Promise<PodRecord | undefined> {
  try {
    return podRecordSchema.parse(JSON.parse(await readFile(join(folder, RECORD_NAME), 'utf8')));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new Error(`${join(folder, RECORD_NAME)} is not readable`, { cause: error });
  }
}

/** Whole or not at all. */
export async function writePodRecord(folder: string, record: PodRecord): Promise<void> {
  const draft = join(folder, `${RECORD_NAME}.${randomUUID()}`);
  await writeFile(draft, JSON.stringify(record), { mode: 0o600 });
  await rename(draft, join(folder, RECORD_NAME));
}
