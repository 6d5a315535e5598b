import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { PodRecord } from './pod-record.ts';
import { writePodRecord } from './pod-record.ts';

// A pod's folder appears with its record already in it and goes with the record last: whatever a crash leaves is found again.

const DRAFT_PREFIX = '.new-';
const MAX_DRAFT_AGE_MS = 60_000;

/** Names of pods. What begins with a dot is the launcher's own. */
export async function listPodNames(stateDir: string): Promise<string[]> {
  const entries = await readdir(stateDir, { withFileTypes: true });
  for (const entry of entries) {
    if (entry.name.startsWith(DRAFT_PREFIX)) await removeOldDraft(join(stateDir, entry.name));
  }
  const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
  return folders.map((entry) => entry.name).sort();
}

async function removeOldDraft(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || Date.now() - found.mtimeMs < MAX_DRAFT_AGE_MS) return;
  await rm(path, { recursive: true, force: true });
}

/** Takes the name, in one step; false: it is taken. */
export async function claimPodFolder(stateDir: string, intent: PodRecord): Promise<boolean> {
  const draft = join(stateDir, `${DRAFT_PREFIX}${intent.uid}`);
  await mkdir(draft, { mode: 0o700 });
  await writePodRecord(draft, intent);
  try {
    await rename(draft, join(stateDir, intent.name));
    return true;
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return false;
    throw error;
  }
}

export async function removePodFolder(folder: string): Promise<void> {
  const entries = await readdir(folder).catch(() => []);
  const others = entries.filter((entry) => entry !== 'pod.json');
  for (const entry of others) await rm(join(folder, entry), { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true });
}
