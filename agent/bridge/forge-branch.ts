import { AttemptFailure } from './attempt-end.ts';
import { pause } from './callback-transport.ts';
import { forgeFailure, isPassing } from './forge-failure.ts';
import type { Git, GitCredential } from './git.ts';

// The talk with the forge: fetching the root branch, pushing to the attempt's own.

export type ForgeBranchOptions = {
  git: Git;
  cloneUrl: string;
  rootBranch: string;
  /** The attempt's own branch: the only one that is pushed. */
  branch: string;
  credential: () => Promise<GitCredential>;
  signal: AbortSignal;
};

const ROOT_REF = 'refs/smol/root';
const FETCH = ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules'];
const PUSH = ['push', '--quiet', '--no-verify'];
/** How long passing trouble is sat out: at the start little is lost by giving up, later the agent's work is. */
const SHORT_PATIENCE_MS = 20_000;
const LONG_PATIENCE_MS = 10 * 60_000;

export class ForgeBranch {
  private readonly options: ForgeBranchOptions;
  private pushed = '';

  constructor(options: ForgeBranchOptions) {
    this.options = options;
  }

  /** The complete history of the root branch and of `commits`. Answers the root branch's head. */
  async fetch(commits: readonly string[]): Promise<string> {
    const wanted = commits.map((commit) => `${commit}:refs/smol/at/${commit}`);
    try {
      await this.fetchRefs([this.rootSpec, ...wanted], SHORT_PATIENCE_MS);
    } catch (error) {
      if (!servesBranchesOnly(error)) throw error;
      await this.fetchRefs([this.rootSpec, '+refs/heads/*:refs/smol/heads/*'], SHORT_PATIENCE_MS);
    }
    for (const commit of commits) await this.options.git(['cat-file', '-e', `${commit}^{commit}`]);
    return this.rootHead();
  }

  /** The root branch's head as the forge has it now. */
  async fetchRoot(): Promise<string> {
    await this.fetchRefs([this.rootSpec], LONG_PATIENCE_MS);
    return this.rootHead();
  }

  /** Answers false when the forge does not take it just now: the next push brings it along. */
  async pushCheckpoint(commit: string): Promise<boolean> {
    try {
      await this.pushCommit(commit, SHORT_PATIENCE_MS);
      return true;
    } catch (error) {
      if (error instanceof AttemptFailure && error.why === 'forge') return false;
      throw error;
    }
  }

  push(commit: string): Promise<void> {
    return this.pushCommit(commit, LONG_PATIENCE_MS);
  }

  private async pushCommit(commit: string, patienceMs: number): Promise<void> {
    if (this.pushed === commit) return;
    const { cloneUrl, branch } = this.options;
    await this.talk('push', [...PUSH, cloneUrl, `${commit}:refs/heads/${branch}`], patienceMs);
    this.pushed = commit;
  }

  private get rootSpec(): string {
    return `+refs/heads/${this.options.rootBranch}:${ROOT_REF}`;
  }

  private async rootHead(): Promise<string> {
    return (await this.options.git(['rev-parse', '--verify', ROOT_REF])).stdout.trim();
  }

  private fetchRefs(refs: readonly string[], patienceMs: number): Promise<void> {
    return this.talk('fetch', [...FETCH, this.options.cloneUrl, ...refs], patienceMs);
  }

  private async talk(doing: string, args: readonly string[], patienceMs: number): Promise<void> {
    const until = performance.now() + patienceMs;
    for (let n = 1; ; n += 1) {
      try {
        await this.options.git(args, { credential: await this.options.credential() });
        return;
      } catch (error) {
        const waitMs = Math.min(20_000, 300 * 2 ** (n - 1));
        const isLast = performance.now() + waitMs > until;
        if (isLast || !isPassing(error)) throw forgeFailure(error, doing, Date.now());
        await pause(waitMs, this.options.signal);
      }
    }
  }
}

/** It refuses commits that no branch points to; then all branches are taken. */
function servesBranchesOnly(error: unknown): boolean {
  const said = error instanceof Error ? error.message : '';
  return /not our ref|unadvertised|allow.*SHA1|no such remote ref/i.test(said);
}
