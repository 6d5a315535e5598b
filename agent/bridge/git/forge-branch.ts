import { AttemptFailure } from '../attempt-error.ts';
import type { ForgeAccess } from './call-forge.ts';
import { callForge, LONG_RETRY_PERIOD_MS, SHORT_RETRY_PERIOD_MS } from './call-forge.ts';
import type { Git } from './git.ts';
import { PROMISOR_REMOTE } from './write-repository.ts';

// Fetches the root branch from the forge, and pushes to the branch of the attempt.

/** Access to the forge, and the branches that one attempt uses. */
export type ForgeBranchOptions = ForgeAccess & {
  readonly git: Git;
  readonly cloneUrl: string;
  /** Whether file contents are fetched on demand instead of together with the history. */
  readonly isPartial: boolean;
  readonly rootBranch: string;
  /** Branch of the attempt, without `refs/heads/`. The only branch to which commits are pushed. */
  readonly branch: string;
};

const ROOT_REF = 'refs/smol/root';
const FETCH_ARGS = [
  'fetch',
  '--quiet',
  '--no-tags',
  '--no-write-fetch-head',
  '--no-recurse-submodules',
];
const PUSH_ARGS = ['push', '--quiet', '--no-verify'];

/** Fetches and pushes for one attempt. Unless a comment says otherwise, a method throws an AttemptFailure if all tries fail. */
export class ForgeBranch {
  readonly #options: ForgeBranchOptions;
  #lastPushedCommit = '';

  constructor(options: ForgeBranchOptions) {
    this.#options = options;
  }

  /** Fetches the complete history of the root branch and of `commits`. Returns the head commit of the root branch. */
  async fetchHistory(commits: readonly string[]): Promise<string> {
    const refspecs = commits.map((commit) => `${commit}:refs/smol/at/${commit}`);
    try {
      await this.#fetchRefs([this.#rootRefspec, ...refspecs], SHORT_RETRY_PERIOD_MS);
    } catch (error) {
      if (!isUnadvertisedCommitError(error)) throw error;
      // The forge does not serve commits by id. All branches are fetched instead, because they contain the commits.
      await this.#fetchRefs(
        [this.#rootRefspec, '+refs/heads/*:refs/smol/heads/*'],
        SHORT_RETRY_PERIOD_MS,
      );
    }
    for (const commit of commits) await this.#options.git(['cat-file', '-e', `${commit}^{commit}`]);
    return this.#readRootHead();
  }

  /** Fetches the root branch. Returns the current head commit. */
  async fetchRoot(): Promise<string> {
    await this.#fetchRefs([this.#rootRefspec], LONG_RETRY_PERIOD_MS);
    return this.#readRootHead();
  }

  /** Pushes a checkpoint. Returns false if the forge is unavailable; the next push includes the commit. */
  async pushCheckpoint(commit: string): Promise<boolean> {
    try {
      await this.#pushCommit(commit, SHORT_RETRY_PERIOD_MS);
      return true;
    } catch (error) {
      if (error instanceof AttemptFailure && error.failureCause === 'forge') return false;
      throw error;
    }
  }

  /** Pushes the commit of the result. */
  pushFinalCommit(commit: string): Promise<void> {
    return this.#pushCommit(commit, LONG_RETRY_PERIOD_MS);
  }

  async #pushCommit(commit: string, retryPeriodMs: number): Promise<void> {
    if (this.#lastPushedCommit === commit) return;
    const { cloneUrl, branch } = this.#options;
    await this.#callForge(
      'push',
      [...PUSH_ARGS, cloneUrl, `${commit}:refs/heads/${branch}`],
      retryPeriodMs,
    );
    this.#lastPushedCommit = commit;
  }

  get #rootRefspec(): string {
    return `+refs/heads/${this.#options.rootBranch}:${ROOT_REF}`;
  }

  async #readRootHead(): Promise<string> {
    return (await this.#options.git(['rev-parse', '--verify', ROOT_REF])).stdout.trim();
  }

  #fetchRefs(refspecs: readonly string[], retryPeriodMs: number): Promise<void> {
    const remote = this.#options.isPartial ? PROMISOR_REMOTE : this.#options.cloneUrl;
    return this.#callForge('fetch', [...FETCH_ARGS, remote, ...refspecs], retryPeriodMs);
  }

  async #callForge(action: string, args: readonly string[], retryPeriodMs: number): Promise<void> {
    await callForge(this.#options, { action, retryPeriodMs }, (credential) =>
      this.#options.git(args, { credential }),
    );
  }
}

/** Returns whether the forge refused to serve a commit by id. Some forges serve only commits to which a branch points. */
function isUnadvertisedCommitError(error: unknown): boolean {
  const message = error instanceof Error ? error.message : '';
  return /not our ref|unadvertised|allow.*SHA1|no such remote ref/i.test(message);
}
