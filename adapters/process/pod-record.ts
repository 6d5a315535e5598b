import { randomUUID } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { hasErrorCode } from './has-error-code.ts';

// The record of a pod, in the folder of the pod. The record is on disk before the process starts (phase `intent`), so that after a
// crash of the launcher the next launcher can search for the process.

const identitySchema = z.object({
  pid: z.number().int().positive(),
  /** Start time in the format of the system; distinguishes processes that reuse a pid. */
  startTime: z.string(),
});

/** Identity of a process on this machine until the next boot. */
export type ProcessIdentity = z.infer<typeof identitySchema>;

const podRecordSchema = z.object({
  version: z.literal(1),
  name: z.string(),
  attemptId: z.string(),
  uid: z.string(),
  /**
   * `intent`: a launcher is about to start the bridge; `started`: `bridge` is known; `ended`: no process lives and the work
   * folder is gone, and the record stays until `remove`.
   */
  phase: z.enum(['intent', 'started', 'ended']),
  /** Epoch milliseconds. */
  startedAt: z.number(),
  /** Epoch milliseconds after which the launcher kills the pod. */
  deadline: z.number(),
  /** Process of the launcher. While the launcher lives, the phase `intent` means that the start is in progress. */
  launcher: identitySchema,
  bridge: identitySchema.optional(),
});

/** Record of a pod. */
export type PodRecord = z.infer<typeof podRecordSchema>;

/** File name of the record. */
export const RECORD_NAME = 'pod.json';

/** Reads a record. Returns undefined if the folder has no record; throws if the record is damaged. */
export async function readPodRecord(folder: string): Promise<PodRecord | undefined> {
  try {
    return podRecordSchema.parse(JSON.parse(await readFile(join(folder, RECORD_NAME), 'utf8')));
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return undefined;
    const path = join(folder, RECORD_NAME);
    throw new Error(
      `the pod record ${path} is unreadable or damaged; end the processes of this pod and remove the folder`,
      { cause: error },
    );
  }
}

/** Writes a record atomically. */
export async function writePodRecord(folder: string, record: PodRecord): Promise<void> {
  const draft = join(folder, `${RECORD_NAME}.${randomUUID()}`);
  await writeFile(draft, JSON.stringify(record), { mode: 0o600 });
  await rename(draft, join(folder, RECORD_NAME));
}
