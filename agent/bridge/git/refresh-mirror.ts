import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { delayUnlessAborted } from '../host/delay.ts';
import type { ProcessTable } from '../host/process-table.ts';
import type { ForgeAccess } from './call-forge.ts';
import type { Git, GitCredential } from './git.ts';
import { createGit } from './git.ts';
import { PROMISOR_REMOTE, writeBridgeRepository } from './write-repository.ts';

// Keeps a bare mirror of a repository, which all attempts on one machine share. Attempts read objects from the mirror, which saves disk
// space and time. If no mirror can be created, an attempt works without a mirror.

const FETCH_ARGS = ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head'];

const DEFAULT_LOCK_TIMEOUT_MS = 120_000;
const LOCK_POLL_MS = 100;

/** Repository to mirror, and the folder of the mirrors. */
export type MirrorOptions = ForgeAccess & {
  readonly processes: ProcessTable;
  /** Folder of all mirrors. */
  readonly mirrorDir: string;
  readonly cloneUrl: string;
  /** Branch to fetch. */
  readonly branch: string;
  /** Whether the mirror contains file contents only for the newest commit. */
  readonly isPartial: boolean;
  /** Longest wait while another attempt fetches into the mirror, milliseconds. Default: 120000. */
  readonly lockTimeoutMs?: number;
};

/** Creates or updates the mirror. Returns a list with the object directory of the mirror; empty if there is no mirror. */
export async function refreshMirror(options: MirrorOptions): Promise<string[]> {
  const { cloneUrl, isPartial } = options;
  const gitDir = join(options.mirrorDir, getMirrorName(cloneUrl, isPartial));
  try {
    await mkdir(options.mirrorDir, { recursive: true });
    if (!existsSync(gitDir)) await createMirror(gitDir, isPartial ? cloneUrl : undefined);
    await runUnderLock(`${gitDir}.lock`, options, () => fetchMirror(gitDir, options));
  } catch {
    // Without an update, the attempt uses the existing mirror or no mirror, and fetches the missing objects itself.
    options.signal.throwIfAborted();
  }
  const objects = join(gitDir, 'objects');
  return existsSync(objects) ? [objects] : [];
}

/** Returns the folder name of a mirror. The name contains a hash instead of the URL, because the URL may name a private host. */
export function getMirrorName(cloneUrl: string, isPartial: boolean): string {
  const hash = createHash('sha256').update(cloneUrl).digest('hex').slice(0, 24);
  return `${hash}${isPartial ? '-partial' : ''}.git`;
}

async function createMirror(gitDir: string, promisorUrl: string | undefined): Promise<void> {
  const draftDir = `${gitDir}.${process.pid}`;
  await writeBridgeRepository(draftDir, [], promisorUrl);
  // The rename fails if another attempt has created the mirror in the meantime. This attempt then uses the existing mirror.
  await rename(draftDir, gitDir).catch(() => rm(draftDir, { recursive: true, force: true }));
}

async function fetchMirror(gitDir: string, options: MirrorOptions): Promise<void> {
  const git = createGit(options.processes, { gitDir, workTree: gitDir }, options.signal);
  const credential = await options.getCredential();
  const ref = `refs/heads/${options.branch}`;
  const remote = options.isPartial ? PROMISOR_REMOTE : options.cloneUrl;
  await git([...FETCH_ARGS, remote, `+${ref}:${ref}`], { credential });
  if (options.isPartial) await fetchMissingBlobs(git, ref, credential);
}

/** Fetches all file contents of the newest commit with one request, because every attempt checks out this commit. */
async function fetchMissingBlobs(git: Git, ref: string, credential: GitCredential): Promise<void> {
  const objects = await git(['rev-list', '--objects', '--missing=print', `${ref}^{tree}`]);
  const missing = objects.stdout.split('\n').filter((line) => line.startsWith('?'));
  if (missing.length === 0) return;
  // The request names single objects, so git need not negotiate with the forge which commits are missing.
  const args = ['-c', 'fetch.negotiationAlgorithm=noop', ...FETCH_ARGS, '--filter=blob:none'];
  const input = missing.map((line) => `${line.slice(1)}\n`).join('');
  await git([...args, PROMISOR_REMOTE, '--stdin'], { credential, input });
}

/** Runs `work` while no other attempt on the machine has the lock. Does nothing if the lock is not free within the timeout. */
async function runUnderLock(lockFile: string, options: MirrorOptions, work: () => Promise<void>) {
  const giveUpAt = performance.now() + (options.lockTimeoutMs ?? DEFAULT_LOCK_TIMEOUT_MS);
  while (!(await acquireLock(lockFile))) {
    if (performance.now() > giveUpAt) return;
    await delayUnlessAborted(LOCK_POLL_MS, options.signal);
  }
  try {
    await work();
  } finally {
    await rm(lockFile, { force: true });
  }
}

/** Tries to take the lock, and returns whether this succeeded. Removes the lock of a dead process, so that a later try succeeds. */
async function acquireLock(lockFile: string): Promise<boolean> {
  try {
    await writeFile(lockFile, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    const holderPid = Number(await readFile(lockFile, 'utf8').catch(() => ''));
    if (holderPid > 0 && !isProcessAlive(holderPid)) await rm(lockFile, { force: true });
    return false;
  }
}

function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}
