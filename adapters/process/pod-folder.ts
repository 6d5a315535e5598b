import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { hasErrorCode } from './has-error-code.ts';
import type { PodRecord } from './pod-record.ts';
import { RECORD_NAME, writePodRecord } from './pod-record.ts';

// Creates and removes the folder of a pod. The folder appears together with its record, and the record is removed last. After a
// crash, a folder therefore either contains its record or is empty.

/** Prefix of a draft: a folder that does not have its final name yet. */
const DRAFT_PREFIX = '.new-';
const MAX_DRAFT_AGE_MS = 60_000;

/**
 * Lists the names of all pods, sorted. Removes folders that a crashed launcher left half-created more than a minute ago. Folders
 * with a leading dot are not pods.
 */
export async function listPodNames(stateDir: string): Promise<string[]> {
  const entries = await readdir(stateDir, { withFileTypes: true });
  for (const entry of entries) {
    if (entry.name.startsWith(DRAFT_PREFIX)) await removeOldDraft(join(stateDir, entry.name));
  }
  const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
  return folders.map((entry) => entry.name).sort();
}

async function removeOldDraft(path: string): Promise<void> {
  const stats = await stat(path).catch(() => undefined);
  if (stats === undefined || Date.now() - stats.mtimeMs < MAX_DRAFT_AGE_MS) return;
  await rm(path, { recursive: true, force: true });
}

/** Creates the folder of a pod with its record in one atomic step. Returns false if the name is taken. */
export async function claimPodFolder(stateDir: string, record: PodRecord): Promise<boolean> {
  const draft = join(stateDir, `${DRAFT_PREFIX}${record.uid}`);
  await mkdir(draft, { mode: 0o700 });
  await writePodRecord(draft, record);
  try {
    await rename(draft, join(stateDir, record.name));
    return true;
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (hasErrorCode(error, 'ENOTEMPTY', 'EEXIST')) return false;
    throw error;
  }
}

/** Removes the folder of a pod, the record last. */
export async function removePodFolder(folder: string): Promise<void> {
  const entries = await readdir(folder).catch(() => []);
  const others = entries.filter((entry) => entry !== RECORD_NAME);
  for (const entry of others) await rm(join(folder, entry), { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true });
}
