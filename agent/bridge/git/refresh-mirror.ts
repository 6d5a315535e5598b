import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { delayUnlessAborted } from '../control/send-callback.ts';
import type { ProcessTable } from '../host/process-table.ts';
import type { Git, GitCredential } from './git.ts';
import { createGit } from './git.ts';
import { PROMISOR_REMOTE, writeBridgeRepository } from './write-repository.ts';

// A bare mirror of a repository that all attempts on this machine borrow objects from. It saves disk and time; an attempt that
// cannot have it goes on without.

const FETCH_ARGS = ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head'];

export type MirrorOptions = {
  readonly processes: ProcessTable;
  readonly mirrorDir: string;
  readonly cloneUrl: string;
  /** What is brought up to date. */
  readonly branch: string;
  /** Of old commits it has no contents of files. */
  readonly partial: boolean;
  readonly credential: () => Promise<GitCredential>;
  readonly signal: AbortSignal;
  /** Waiting for another attempt to fill it, milliseconds. */
  readonly patienceMs?: number;
};

/** Brings the mirror up to date; answers its object store, or nothing when there is no usable mirror. */
export async function refreshMirror(options: MirrorOptions): Promise<string[]> {
  const { cloneUrl, partial } = options;
  const gitDir = join(options.mirrorDir, getMirrorName(cloneUrl, partial));
  try {
    await mkdir(options.mirrorDir, { recursive: true });
    if (!existsSync(gitDir)) await createMirror(gitDir, partial ? cloneUrl : undefined);
    await runUnderLock(`${gitDir}.lock`, options, () => fetchMirror(gitDir, options));
  } catch {
    options.signal.throwIfAborted();
  }
  return existsSync(join(gitDir, 'objects')) ? [join(gitDir, 'objects')] : [];
}

/** Says nothing of the address, which may name a private host. A partial mirror must not be taken for a whole one. */
export function getMirrorName(cloneUrl: string, partial: boolean): string {
  const name = createHash('sha256').update(cloneUrl).digest('hex').slice(0, 24);
  return `${name}${partial ? '-partial' : ''}.git`;
}

async function createMirror(gitDir: string, promisor: string | undefined): Promise<void> {
  const draft = `${gitDir}.${process.pid}`;
  await writeBridgeRepository(draft, [], promisor);
  // Whoever comes second finds the folder taken, and uses it.
  await rename(draft, gitDir).catch(() => rm(draft, { recursive: true, force: true }));
}

async function fetchMirror(gitDir: string, options: MirrorOptions): Promise<void> {
  const git = createGit(options.processes, { gitDir, workTree: gitDir }, options.signal);
  const credential = await options.credential();
  const ref = `refs/heads/${options.branch}`;
  const from = options.partial ? PROMISOR_REMOTE : options.cloneUrl;
  await git([...FETCH_ARGS, from, `+${ref}:${ref}`], { credential });
  if (options.partial) await fetchMissingBlobs(git, ref, credential);
}

/** The files of the newest commit, in one go: every attempt needs them. */
async function fetchMissingBlobs(git: Git, ref: string, credential: GitCredential): Promise<void> {
  const listed = await git(['rev-list', '--objects', '--missing=print', `${ref}^{tree}`]);
  const missing = listed.stdout.split('\n').filter((line) => line.startsWith('?'));
  if (missing.length === 0) return;
  // What is asked for by name has no history to compare.
  const args = ['-c', 'fetch.negotiationAlgorithm=noop', ...FETCH_ARGS, '--filter=blob:none'];
  const input = missing.map((line) => `${line.slice(1)}\n`).join('');
  await git([...args, PROMISOR_REMOTE, '--stdin'], { credential, input });
}

async function runUnderLock(lock: string, options: MirrorOptions, work: () => Promise<void>) {
  const until = performance.now() + (options.patienceMs ?? 120_000);
  while (!(await acquireLock(lock))) {
    if (performance.now() > until) return;
    await delayUnlessAborted(100, options.signal);
  }
  try {
    await work();
  } finally {
    await rm(lock, { force: true });
  }
}

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
