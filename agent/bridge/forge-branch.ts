import { AttemptFailure } from './attempt-end.ts';
import {
  type ForgeAccess,
  LONG_PATIENCE_MS,
  SHORT_PATIENCE_MS,
  talkToForge,
} from './forge-talk.ts';
import type { Git } from './git.ts';
import { PROMISOR } from './git-repository.ts';

// The talk with the forge: fetching the root branch, pushing to the attempt's own.

export type ForgeBranchOptions = ForgeAccess & {
  git: Git;
  cloneUrl: string;
  /** Commits and trees are fetched, contents of files when they are needed. */
  partial: boolean;
  rootBranch: string;
  /** The attempt's own branch: the only one that is pushed. */
  branch: string;
};

const ROOT_REF = 'refs/smol/root';
const FETCH = ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules'];
const PUSH = ['push', '--quiet', '--no-verify'];

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
    const from = this.options.partial ? PROMISOR : this.options.cloneUrl;
    return this.talk('fetch', [...FETCH, from, ...refs], patienceMs);
  }

  private async talk(doing: string, args: readonly string[], patienceMs: number): Promise<void> {
    await talkToForge(this.options, { doing, patienceMs }, (credential) =>
      this.options.git(args, { credential }),
    );
  }
}

/** It refuses commits that no branch points to; then all branches are taken. */
function servesBranchesOnly(error: unknown): boolean {
  const said = error instanceof Error ? error.message : '';
  return /not our ref|unadvertised|allow.*SHA1|no such remote ref/i.test(said);
}
