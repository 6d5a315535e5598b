import { AppError } from '../../../core/base/app-error.ts';
import type {
  CheckState,
  Checks,
  MergeOutcome,
  PullQuery,
  PullRequest,
  PullSpec,
  Sha,
} from '../../../core/port/forge.ts';
import type { MergeRefusal } from '../../../local/forge/rules/merge-rules.ts';
import {
  decideOutcomeAfterRefusal,
  findMergeabilityRefusal,
  findMergeRefusal,
} from '../../../local/forge/rules/merge-rules.ts';
import {
  choosePull,
  decideBaseChange,
  decideStateAfterBranchMove,
  findCreationRefusal,
  findDraftRefusal,
  findOpenPull,
  findReopenRefusal,
} from '../../../local/forge/rules/pull-rules.ts';
import type { Random } from '../time/random.ts';
import type { ForgeActor, SimPull, SimRepository } from './forge-state.ts';
import { isTreeGreen } from './forge-state.ts';
import { readHeadSha, relateBranches, viewPull } from './pull-view.ts';
import type { ForgeWitness } from './witness.ts';

// A forge in memory with the faults of a real forge. Every operation happens at one moment; the caller adds delays and lost
// answers. The emulator's pure rules decide the answers.

/** Random faults of a forge. An operation calls each method at most once. */
export type ForgeFaults = {
  /** Milliseconds for which reads of a pull request show its old head. */
  chooseHeadLagMs(): number;
  /** Milliseconds until the forge knows whether a pull request can be merged. */
  chooseMergeabilityDelayMs(): number;
  /** Delay and result of the checks of a new commit; a flaky result is the opposite of the true result. */
  chooseCheckResult(): { readonly afterMs: number; readonly flaky: boolean };
  /** Message of a rule that starts to refuse merges; undefined: no rule. */
  chooseRule(): string | undefined;
};

/**
 * Milliseconds of unknown mergeability after a change of the base branch. Longer than any freeze of a handler, so that no
 * merge that was requested before the change succeeds after the change.
 */
const UNKNOWN_AFTER_BASE_CHANGE_MS = 1_000_000;
/** Milliseconds for which a rule refuses a merge. Longer than the merge queue retries a merge. */
const RULE_DURATION_MS = 300_000;

/** A simulated forge: repositories in memory, and the operations that actors of the simulation call. */
export class SimForge {
  readonly repositories = new Map<string, SimRepository>();
  readonly #now: () => number;
  readonly #random: Random;
  readonly #witness: ForgeWitness;
  readonly #faults: ForgeFaults;

  constructor(now: () => number, random: Random, witness: ForgeWitness, faults: ForgeFaults) {
    this.#now = now;
    this.#random = random;
    this.#witness = witness;
    this.#faults = faults;
  }

  getRepository(name: string): SimRepository {
    const repository = this.repositories.get(name);
    if (repository === undefined) {
      throw new AppError('notFound', 'forge_not_found', `The forge has no repository ${name}.`);
    }
    return repository;
  }

  readHead(repo: string, branch: string): Sha | undefined {
    return this.getRepository(repo).branches.get(branch);
  }

  /** Creates or moves a branch without a fast-forward check. `sha` undefined: deletes the branch. */
  setBranch(repo: string, branch: string, sha: Sha | undefined, by: ForgeActor): void {
    const repository = this.getRepository(repo);
    const from = repository.branches.get(branch);
    if (from === sha) return;
    if (sha === undefined) repository.branches.delete(branch);
    else repository.branches.set(branch, sha);
    this.#witness.branchMoved(repository, branch, from, sha, by);
    if (sha !== undefined) this.#startChecks(repository, sha);
    for (const pull of repository.pulls) {
      if (pull.state !== 'open') continue;
      if (pull.head === branch || pull.base === branch) {
        this.#followBranch(repository, pull, { branch, from, to: sha }, by);
      }
    }
  }

  #startChecks(repository: SimRepository, sha: Sha): void {
    if (!repository.hasChecks || repository.checks.has(sha)) return;
    const { afterMs, flaky } = this.#faults.chooseCheckResult();
    const green = isTreeGreen(repository, repository.graph.get(sha).files) !== flaky;
    repository.checks.set(sha, { endsAt: this.#now() + afterMs, green });
  }

  #followBranch(
    repository: SimRepository,
    pull: SimPull,
    move: {
      readonly branch: string;
      readonly from: Sha | undefined;
      readonly to: Sha | undefined;
    },
    by: ForgeActor,
  ): void {
    const isHead = pull.head === move.branch;
    const relation = relateBranches(repository, pull.head, pull.base);
    const mergeSha = !isHead && relation.headIsInBase ? move.to : undefined;
    const state = decideStateAfterBranchMove(relation, mergeSha);
    if (state !== 'open') {
      pull.lastSha = (isHead ? move.from : relation.headSha) ?? pull.lastSha;
      pull.mergeSha = mergeSha;
      this.#setState(repository, pull, state, by);
      return;
    }
    if (!isHead) {
      pull.mergeableKnownAt = this.#now() + this.#faults.chooseMergeabilityDelayMs();
      return;
    }
    const lag = move.from === undefined ? 0 : this.#faults.chooseHeadLagMs();
    if (lag > 0 && move.from !== undefined) {
      pull.lag = { until: this.#now() + lag, sha: move.from };
    }
    pull.mergeableKnownAt = this.#now() + this.#faults.chooseMergeabilityDelayMs();
    this.#recordChange(repository, pull, 'pushed', by);
  }

  #recordChange(repository: SimRepository, pull: SimPull, change: string, by: ForgeActor): void {
    pull.updatedAt = this.#now();
    this.#witness.pullChanged(repository, pull, change, by);
  }

  #setState(
    repository: SimRepository,
    pull: SimPull,
    state: SimPull['state'],
    by: ForgeActor,
  ): void {
    pull.state = state;
    this.#recordChange(repository, pull, state, by);
  }

  /** Moves a branch to a descendant commit; `diverged`: `sha` does not contain the head, and nothing moves. */
  moveBranch(repo: string, branch: string, sha: Sha, by: ForgeActor): 'moved' | 'diverged' {
    const { graph } = this.getRepository(repo);
    const from = this.readHead(repo, branch);
    if (from === undefined) {
      throw new AppError('notFound', 'branch_missing', `Reference does not exist: ${branch}`);
    }
    if (!graph.isAncestor(from, sha)) return 'diverged';
    this.setBranch(repo, branch, sha, by);
    return 'moved';
  }

  tryMerge(repo: string, base: Sha, head: Sha): 'clean' | 'conflict' {
    return this.getRepository(repo).graph.merge(base, head).conflicts.length > 0
      ? 'conflict'
      : 'clean';
  }

  /** Returns the current state of a pull request, without lag. */
  getPull(repo: string, number: number): SimPull {
    const pull = this.getRepository(repo).pulls[number - 1];
    if (pull === undefined) {
      const message = `The forge has no pull request ${repo}#${number}.`;
      throw new AppError('notFound', 'forge_not_found', message);
    }
    return pull;
  }

  readHeadSha(repository: SimRepository, pull: SimPull): Sha {
    return readHeadSha(repository, pull);
  }

  /** Reads a pull request; its head may lag behind. */
  readPull(repo: string, number: number): PullRequest {
    return this.#viewPull(this.getRepository(repo), this.getPull(repo, number));
  }

  #viewPull(repository: SimRepository, pull: SimPull): PullRequest {
    return viewPull(repository, pull, this.#now());
  }

  findPull(repo: string, query: PullQuery): PullRequest | undefined {
    const repository = this.getRepository(repo);
    const pull = choosePull(repository.pulls, query);
    return pull === undefined ? undefined : this.#viewPull(repository, pull);
  }

  ensurePull(repo: string, wanted: PullSpec, by: ForgeActor): PullRequest {
    return this.findPull(repo, wanted) ?? this.openPull(repo, wanted, by);
  }

  openPull(repo: string, wanted: PullSpec, by: ForgeActor): PullRequest {
    const repository = this.getRepository(repo);
    const { head, base, draft } = wanted;
    const relation = relateBranches(repository, head, base);
    const refusal = findCreationRefusal({
      ...relation,
      owner: 'acme',
      head,
      base,
      haveCommonHistory: true,
      hasOpenPull: findOpenPull(repository.pulls, head, base) !== undefined,
      isDraft: draft,
      allowsDrafts: true,
    });
    if (refusal !== undefined) {
      const code = refusal.kind === 'no_commits' ? 'no_commits' : 'forge_refused';
      throw new AppError('refused', code, refusal.error.message ?? 'Head or base is invalid.');
    }
    const rule = by.kind === 'engine' ? this.#faults.chooseRule() : undefined;
    if (rule !== undefined) throw new AppError('refused', 'forge_refused', rule);
    const pull: SimPull = {
      ...wanted,
      number: repository.pulls.length + 1,
      state: 'open',
      lastSha: relation.headSha ?? '',
      updatedAt: this.#now(),
      author: 'smol-gang[bot]',
      mergeableKnownAt: this.#now() + this.#faults.chooseMergeabilityDelayMs(),
      reviews: [],
      comments: [],
    };
    repository.pulls.push(pull);
    this.#witness.pullOpened(repository, pull, by);
    return this.#viewPull(repository, pull);
  }

  /** Returns the pull requests changed since an epoch time in milliseconds, latest change first, at most 1,000. */
  listPullsChangedSince(repo: string, since: number): PullRequest[] {
    const repository = this.getRepository(repo);
    return repository.pulls
      .filter((pull) => pull.updatedAt >= since)
      .toSorted((a, b) => b.updatedAt - a.updatedAt)
      .slice(0, 1_000)
      .map((pull) => this.#viewPull(repository, pull));
  }

  setDraft(repo: string, number: number, draft: boolean, by: ForgeActor): void {
    const pull = this.getPull(repo, number);
    if (pull.draft === draft || pull.state === 'merged') return;
    const facts = { isOpen: pull.state === 'open', isDraft: pull.draft, allowsDrafts: true };
    const refusal = findDraftRefusal(facts, draft);
    if (refusal !== undefined) throw new AppError('refused', 'forge_refused', refusal);
    pull.draft = draft;
    this.#recordChange(this.getRepository(repo), pull, draft ? 'draft' : 'ready', by);
  }

  /** Changes the base of a pull request, as a person does. An invalid change has no effect. */
  setBase(repo: string, number: number, base: string, by: ForgeActor): void {
    const repository = this.getRepository(repo);
    const pull = this.getPull(repo, number);
    const effect = decideBaseChange(pull, base, {
      baseExists: repository.branches.has(base),
      hasOpenPull: findOpenPull(repository.pulls, pull.head, base) !== undefined,
    });
    if (effect === 'closed') this.closePull(repo, number, by);
    if (effect !== 'changed') return;
    pull.base = base;
    pull.mergeableKnownAt = this.#now() + UNKNOWN_AFTER_BASE_CHANGE_MS;
    this.#recordChange(repository, pull, `base changed to ${base}`, by);
  }

  closePull(repo: string, number: number, by: ForgeActor): void {
    const repository = this.getRepository(repo);
    const pull = this.getPull(repo, number);
    if (pull.state !== 'open') return;
    pull.lastSha = readHeadSha(repository, pull);
    this.#setState(repository, pull, 'closed', by);
  }

  /** Reopens a closed pull request; an open pull request stays as it is. */
  reopenPull(repo: string, number: number, by: ForgeActor): void {
    const repository = this.getRepository(repo);
    const pull = this.getPull(repo, number);
    if (pull.state === 'open') return;
    const refusal = findReopenRefusal({
      ...relateBranches(repository, pull.head, pull.base),
      head: pull.head,
      isMerged: pull.state === 'merged',
      hasOpenPull: findOpenPull(repository.pulls, pull.head, pull.base) !== undefined,
    });
    if (refusal !== undefined) {
      throw new AppError('refused', 'cannot_reopen', `state cannot be changed. ${refusal}`);
    }
    this.#setState(repository, pull, 'open', by);
  }

  /** Merges a pull request; refused unless `sha` is the head. Rules and unknown mergeability do not stop a person. */
  mergePull(repo: string, number: number, sha: Sha, by: ForgeActor): MergeOutcome {
    const repository = this.getRepository(repo);
    const pull = this.getPull(repo, number);
    const headSha = readHeadSha(repository, pull);
    const baseSha = repository.branches.get(pull.base) ?? sha;
    const refusal =
      this.#findMergeRefusal(repository, pull, sha, by) ??
      findMergeabilityRefusal(this.tryMerge(repo, baseSha, headSha) === 'clean');
    if (refusal !== undefined) {
      const { state, mergeSha } = pull;
      return decideOutcomeAfterRefusal(
        { headSha, isMerged: state === 'merged', mergeSha },
        sha,
        refusal,
      );
    }
    const result = repository.graph.add([baseSha, sha], repository.graph.merge(baseSha, sha).files);
    pull.lastSha = sha;
    pull.mergeSha = result.sha;
    pull.state = 'merged';
    this.#witness.merged(repository, pull, { commit: sha, onto: baseSha, result: result.sha }, by);
    this.setBranch(repo, pull.base, result.sha, by);
    this.#recordChange(repository, pull, 'merged', by);
    return { kind: 'merged', sha: result.sha };
  }

  #findMergeRefusal(
    repository: SimRepository,
    pull: SimPull,
    sha: Sha,
    by: ForgeActor,
  ): MergeRefusal | undefined {
    const facts = {
      isOpen: pull.state === 'open',
      isDraft: pull.draft,
      headSha: readHeadSha(repository, pull),
      base: pull.base,
      allowedMethods: ['merge'] as const,
      violation: undefined,
      isBaseCheckedOut: false,
    };
    const request = { sha, method: 'merge' } as const;
    const refusal = findMergeRefusal(facts, request);
    if (refusal !== undefined || by.kind === 'person') return refusal;
    if (pull.mergeableKnownAt > this.#now()) return findMergeabilityRefusal(null);
    return findMergeRefusal({ ...facts, violation: this.#findViolation(pull) }, request);
  }

  #findViolation(pull: SimPull): string | undefined {
    const rule = this.#faults.chooseRule();
    if (rule !== undefined) pull.forbidden = { rule, until: this.#now() + RULE_DURATION_MS };
    const isForbidden = pull.forbidden !== undefined && pull.forbidden.until > this.#now();
    return isForbidden ? pull.forbidden?.rule : undefined;
  }

  readChecks(repo: string, sha: Sha): Checks {
    const run = this.getRepository(repo).checks.get(sha);
    if (run === undefined) return { state: 'none', failing: [], pending: [] };
    if (run.endsAt > this.#now()) return { state: 'pending', failing: [], pending: ['ci'] };
    const state: CheckState = run.green ? 'green' : 'red';
    return { state, failing: run.green ? [] : [{ name: 'ci', summary: 'red' }], pending: [] };
  }

  /** Adds a person's review of the current head. One reviewer in ten has no write permission. */
  addReview(repo: string, number: number, state: 'approved' | 'changes_requested'): void {
    const repository = this.getRepository(repo);
    const pull = this.getPull(repo, number);
    const at = this.#now();
    const authorCanWrite = !this.#random.chance(0.1);
    pull.reviews.push({
      id: repository.pulls.reduce((sum, { reviews }) => sum + reviews.length, 0) + 1,
      author: 'ada',
      authorCanWrite,
      isBot: false,
      state,
      body: state === 'approved' ? '' : 'Please do it otherwise.',
      commit: readHeadSha(repository, pull),
      at,
    });
    if (state === 'changes_requested') addLineComment(pull, authorCanWrite, at);
    if (authorCanWrite) this.#witness.reviewed(pull, state);
    this.#recordChange(repository, pull, state, { kind: 'person' });
  }
}

/** Comments on a line of the file that every task changes. */
function addLineComment(pull: SimPull, authorCanWrite: boolean, at: number): void {
  pull.comments.push({
    id: pull.comments.length + 1,
    author: 'ada',
    authorCanWrite,
    isBot: false,
    body: 'Not like this.',
    path: 'CHANGELOG.md',
    line: 1,
    at,
  });
}
