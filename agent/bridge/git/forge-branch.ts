import { AttemptFailure } from '../attempt-error.ts';
import type { ForgeAccess } from './call-forge.ts';
import { callForge, LONG_PATIENCE_MS, SHORT_PATIENCE_MS } from './call-forge.ts';
import type { Git } from './git.ts';
import { PROMISOR_REMOTE } from './write-repository.ts';

// The talk with the forge: fetching the root branch, pushing to the attempt's own.

export type ForgeBranchOptions = ForgeAccess & {
  readonly git: Git;
  readonly cloneUrl: string;
  /** Commits and trees are fetched, contents of files when they are needed. */
  readonly partial: boolean;
  readonly rootBranch: string;
  /** The attempt's own branch: the only one that is pushed. */
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

export class ForgeBranch {
  readonly #options: ForgeBranchOptions;
  #lastPushedCommit = '';

  constructor(options: ForgeBranchOptions) {
    this.#options = options;
  }

  /** The complete history of the root branch and of `commits`. Answers the root branch's head. */
  async fetchHistory(commits: readonly string[]): Promise<string> {
    const wanted = commits.map((commit) => `${commit}:refs/smol/at/${commit}`);
    try {
      await this.#fetchRefs([this.#rootRefspec, ...wanted], SHORT_PATIENCE_MS);
    } catch (error) {
      if (!isBranchOnlyForgeError(error)) throw error;
      await this.#fetchRefs(
        [this.#rootRefspec, '+refs/heads/*:refs/smol/heads/*'],
        SHORT_PATIENCE_MS,
      );
    }
    for (const commit of commits) await this.#options.git(['cat-file', '-e', `${commit}^{commit}`]);
    return this.#readRootHead();
  }

  /** The root branch's head as the forge has it now. */
  async fetchRoot(): Promise<string> {
    await this.#fetchRefs([this.#rootRefspec], LONG_PATIENCE_MS);
    return this.#readRootHead();
  }

  /** Answers false when the forge does not take it just now: the next push brings it along. */
  async pushCheckpoint(commit: string): Promise<boolean> {
    try {
      await this.#pushCommit(commit, SHORT_PATIENCE_MS);
      return true;
    } catch (error) {
      if (error instanceof AttemptFailure && error.failureCause === 'forge') return false;
      throw error;
    }
  }

  pushFinalCommit(commit: string): Promise<void> {
    return this.#pushCommit(commit, LONG_PATIENCE_MS);
  }

  async #pushCommit(commit: string, patienceMs: number): Promise<void> {
    if (this.#lastPushedCommit === commit) return;
    const { cloneUrl, branch } = this.#options;
    await this.#callForge(
      'push',
      [...PUSH_ARGS, cloneUrl, `${commit}:refs/heads/${branch}`],
      patienceMs,
    );
    this.#lastPushedCommit = commit;
  }

  get #rootRefspec(): string {
    return `+refs/heads/${this.#options.rootBranch}:${ROOT_REF}`;
  }

  async #readRootHead(): Promise<string> {
    return (await this.#options.git(['rev-parse', '--verify', ROOT_REF])).stdout.trim();
  }

  #fetchRefs(refs: readonly string[], patienceMs: number): Promise<void> {
    const from = this.#options.partial ? PROMISOR_REMOTE : this.#options.cloneUrl;
    return this.#callForge('fetch', [...FETCH_ARGS, from, ...refs], patienceMs);
  }

  async #callForge(doing: string, args: readonly string[], patienceMs: number): Promise<void> {
    await callForge(this.#options, { doing, patienceMs }, (credential) =>
      this.#options.git(args, { credential }),
    );
  }
}

/** It refuses commits that no branch points to; then all branches are taken. */
function isBranchOnlyForgeError(error: unknown): boolean {
  const said = error instanceof Error ? error.message : '';
  return /not our ref|unadvertised|allow.*SHA1|no such remote ref/i.test(said);
}
