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

// A bare mirror of a repository, shared by all attempts on one machine. Attempts borrow objects from the mirror to save disk
// space and time. An attempt works without a mirror when the refresh fails.

const FETCH_ARGS = ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head'];

const DEFAULT_PATIENCE_MS = 120_000;
const LOCK_POLL_MS = 100;

/** Mirror of one repository. */
export type MirrorOptions = ForgeAccess & {
  readonly processes: ProcessTable;
  /** Folder of all mirrors. */
  readonly mirrorDir: string;
  readonly cloneUrl: string;
  /** Branch to fetch. */
  readonly branch: string;
  /** Whether the mirror lacks the contents of old files. */
  readonly isPartial: boolean;
  /** Longest wait for another attempt to fetch, milliseconds. Default: DEFAULT_PATIENCE_MS. */
  readonly patienceMs?: number;
};

/** Fetches into the mirror. Returns the object directory, or an empty list if there is no usable mirror. */
export async function refreshMirror(options: MirrorOptions): Promise<string[]> {
  const { cloneUrl, isPartial } = options;
  const gitDir = join(options.mirrorDir, getMirrorName(cloneUrl, isPartial));
  try {
    await mkdir(options.mirrorDir, { recursive: true });
    if (!existsSync(gitDir)) await createMirror(gitDir, isPartial ? cloneUrl : undefined);
    await runUnderLock(`${gitDir}.lock`, options, () => fetchMirror(gitDir, options));
  } catch {
    options.signal.throwIfAborted();
  }
  const objects = join(gitDir, 'objects');
  return existsSync(objects) ? [objects] : [];
}

/** Returns the folder name of a mirror: a hash, because the URL may name a private host. */
export function getMirrorName(cloneUrl: string, isPartial: boolean): string {
  const hash = createHash('sha256').update(cloneUrl).digest('hex').slice(0, 24);
  return `${hash}${isPartial ? '-partial' : ''}.git`;
}

async function createMirror(gitDir: string, promisor: string | undefined): Promise<void> {
  const draft = `${gitDir}.${process.pid}`;
  await writeBridgeRepository(draft, [], promisor);
  // A rename fails when another attempt has created the mirror meanwhile; that mirror is used.
  await rename(draft, gitDir).catch(() => rm(draft, { recursive: true, force: true }));
}

async function fetchMirror(gitDir: string, options: MirrorOptions): Promise<void> {
  const git = createGit(options.processes, { gitDir, workTree: gitDir }, options.signal);
  const credential = await options.getCredential();
  const ref = `refs/heads/${options.branch}`;
  const remote = options.isPartial ? PROMISOR_REMOTE : options.cloneUrl;
  await git([...FETCH_ARGS, remote, `+${ref}:${ref}`], { credential });
  if (options.isPartial) await fetchMissingBlobs(git, ref, credential);
}

/** Fetches the contents of the newest commit with one request: every attempt checks the commit out. */
async function fetchMissingBlobs(git: Git, ref: string, credential: GitCredential): Promise<void> {
  const listed = await git(['rev-list', '--objects', '--missing=print', `${ref}^{tree}`]);
  const missing = listed.stdout.split('\n').filter((line) => line.startsWith('?'));
  if (missing.length === 0) return;
  // Objects requested by id have no history to negotiate.
  const args = ['-c', 'fetch.negotiationAlgorithm=noop', ...FETCH_ARGS, '--filter=blob:none'];
  const input = missing.map((line) => `${line.slice(1)}\n`).join('');
  await git([...args, PROMISOR_REMOTE, '--stdin'], { credential, input });
}

/** Runs `work` alone among the attempts of the machine. Does nothing when the lock stays taken for too long. */
async function runUnderLock(lock: string, options: MirrorOptions, work: () => Promise<void>) {
  const giveUpAt = performance.now() + (options.patienceMs ?? DEFAULT_PATIENCE_MS);
  while (!(await acquireLock(lock))) {
    if (performance.now() > giveUpAt) return;
    await delayUnlessAborted(LOCK_POLL_MS, options.signal);
  }
  try {
    await work();
  } finally {
    await rm(lock, { force: true });
  }
}

/** Takes the lock if the lock is free; removes the lock of a dead process for the next try. */
async function acquireLock(lock: string): Promise<boolean> {
  try {
    await writeFile(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    const holder = Number(await readFile(lock, 'utf8').catch(() => ''));
    if (holder > 0 && !isProcessAlive(holder)) await rm(lock, { force: true });
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
