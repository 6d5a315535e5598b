import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pause } from './callback-transport.ts';
import { createGit, type GitCredential } from './git.ts';
import { writeBridgeRepository } from './git-repository.ts';
import type { ProcessTable } from './process.ts';

// A bare mirror of a repository that all attempts on this machine borrow objects from. It saves disk and time; an attempt that
// cannot have it goes on without.

export type MirrorOptions = {
  processes: ProcessTable;
  mirrorDir: string;
  cloneUrl: string;
  /** What is brought up to date. */
  branch: string;
  credential: () => Promise<GitCredential>;
  signal: AbortSignal;
  /** Waiting for another attempt to fill it, milliseconds. */
  patienceMs?: number;
};

/** Brings the mirror up to date; answers its object store, or nothing when there is no usable mirror. */
export async function refreshMirror(options: MirrorOptions): Promise<string[]> {
  const gitDir = join(options.mirrorDir, mirrorName(options.cloneUrl));
  try {
    await mkdir(options.mirrorDir, { recursive: true });
    if (!existsSync(gitDir)) await createMirror(gitDir);
    await underLock(`${gitDir}.lock`, options, () => fetchMirror(gitDir, options));
  } catch {
    options.signal.throwIfAborted();
  }
  return existsSync(join(gitDir, 'objects')) ? [join(gitDir, 'objects')] : [];
}

/** Says nothing of the address, which may name a private host. */
export function mirrorName(cloneUrl: string): string {
  return `${createHash('sha256').update(cloneUrl).digest('hex').slice(0, 24)}.git`;
}

async function createMirror(gitDir: string): Promise<void> {
  const draft = `${gitDir}.${process.pid}`;
  await writeBridgeRepository(draft, []);
  // Whoever comes second finds the folder taken, and uses it.
  await rename(draft, gitDir).catch(() => rm(draft, { recursive: true, force: true }));
}

async function fetchMirror(gitDir: string, options: MirrorOptions): Promise<void> {
  const git = createGit(options.processes, { gitDir, workTree: gitDir }, options.signal);
  const branch = `+refs/heads/${options.branch}:refs/heads/${options.branch}`;
  const args = ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', options.cloneUrl, branch];
  await git(args, { credential: await options.credential() });
}

async function underLock(lock: string, options: MirrorOptions, work: () => Promise<void>) {
  const until = performance.now() + (options.patienceMs ?? 120_000);
  while (!(await takeLock(lock))) {
    if (performance.now() > until) return;
    await pause(100, options.signal);
  }
  try {
    await work();
  } finally {
    await rm(lock, { force: true });
  }
}

async function takeLock(lock: string): Promise<boolean> {
  try {
    await writeFile(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    const holder = Number(await readFile(lock, 'utf8').catch(() => ''));
    if (holder > 0 && !isAlive(holder)) await rm(lock, { force: true });
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}
