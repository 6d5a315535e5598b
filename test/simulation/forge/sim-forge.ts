import { AppError } from '../../../core/base/app-error.ts';
import type {
  CheckState,
  Checks,
  MergeOutcome,
  PullQuery,
  PullRequest,
  PullSpec,
  Review,
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
import { addLineComment, isTreeGreen } from './forge-state.ts';
import { readHeadSha, relateBranches, viewPull } from './pull-view.ts';
import type { ForgeWitness } from './witness.ts';

// A forge in memory with the faults of a real forge. Every operation happens at a single moment; the ports of the simulation add delays
// and lost responses. The rules in local/forge/rules decide the outcome of each operation.

/** Draws the faults of the forge. */
export type ForgeFaults = {
  /** Milliseconds for which reads of a pull request show its former head after a push. */
  drawHeadLagMs(): number;
  /** Milliseconds until the forge knows whether a pull request can be merged. */
  drawMergeabilityDelayMs(): number;
  /** Duration of the checks of a new commit in milliseconds. `flaky`: the result is the opposite of the true result. */
  drawCheckResult(): { readonly afterMs: number; readonly flaky: boolean };
  /** Message of a rule that refuses a merge or a new pull request; undefined: no rule refuses. */
  drawRule(): string | undefined;
};

/**
 * Milliseconds of unknown mergeability after a person has retargeted a pull request. Longer than any freeze of a handler, so that a
 * merge call for the former base never merges into the new base.
 */
const UNKNOWN_AFTER_BASE_CHANGE_MS = 1_000_000;
/** Milliseconds for which a rule refuses a merge; longer than the period for which the merge queue retries a merge. */
const RULE_DURATION_MS = 300_000;

/** The simulated forge: repositories in memory, and the operations that the actors of the simulation call. */
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
      throw new AppError(
        'notFound',
        'forge_not_found',
        `the simulated forge has no repository ${name}`,
      );
    }
    return repository;
  }

  readHead(repo: string, branch: string): Sha | undefined {
    return this.getRepository(repo).branches.get(branch);
  }

  /** Creates or moves a branch, also to a commit that is not a descendant. `sha` undefined: deletes the branch. */
  setBranch(repo: string, branch: string, sha: Sha | undefined, actor: ForgeActor): void {
    const repository = this.getRepository(repo);
    const from = repository.branches.get(branch);
    if (from === sha) return;
    if (sha === undefined) repository.branches.delete(branch);
    else repository.branches.set(branch, sha);
    this.#witness.onBranchMoved(repository, branch, from, sha, actor);
    if (sha !== undefined) this.#startChecks(repository, sha);
    for (const pull of repository.pulls) {
      if (pull.state !== 'open') continue;
      if (pull.head === branch || pull.base === branch) {
        this.#applyBranchMove(repository, pull, { branch, from, to: sha }, actor);
      }
    }
  }

  #startChecks(repository: SimRepository, sha: Sha): void {
    if (!repository.hasChecks || repository.checks.has(sha)) return;
    const { afterMs, flaky } = this.#faults.drawCheckResult();
    const green = isTreeGreen(repository, repository.graph.get(sha).files) !== flaky;
    repository.checks.set(sha, { endsAt: this.#now() + afterMs, green });
  }

  /** Applies the move of the head or base branch of an open pull request: may close or merge the pull request. */
  #applyBranchMove(
    repository: SimRepository,
    pull: SimPull,
    move: {
      readonly branch: string;
      readonly from: Sha | undefined;
      readonly to: Sha | undefined;
    },
    actor: ForgeActor,
  ): void {
    const isHead = pull.head === move.branch;
    const relation = relateBranches(repository, pull.head, pull.base);
    const mergeSha = !isHead && relation.headIsInBase ? move.to : undefined;
    const state = decideStateAfterBranchMove(relation, mergeSha);
    if (state !== 'open') {
      pull.lastSha = (isHead ? move.from : relation.headSha) ?? pull.lastSha;
      pull.mergeSha = mergeSha;
      this.#setState(repository, pull, state, actor);
      return;
    }
    if (!isHead) {
      pull.mergeableKnownAt = this.#now() + this.#faults.drawMergeabilityDelayMs();
      return;
    }
    const lagMs = move.from === undefined ? 0 : this.#faults.drawHeadLagMs();
    if (lagMs > 0 && move.from !== undefined) {
      pull.lag = { until: this.#now() + lagMs, sha: move.from };
    }
    pull.mergeableKnownAt = this.#now() + this.#faults.drawMergeabilityDelayMs();
    this.#recordChange(repository, pull, 'pushed', actor);
  }

  #recordChange(repository: SimRepository, pull: SimPull, change: string, actor: ForgeActor): void {
    pull.updatedAt = this.#now();
    this.#witness.onPullChanged(repository, pull, change, actor);
  }

  #setState(
    repository: SimRepository,
    pull: SimPull,
    state: SimPull['state'],
    actor: ForgeActor,
  ): void {
    pull.state = state;
    this.#recordChange(repository, pull, state, actor);
  }

  /** Moves a branch to a descendant of its head. Returns `diverged` and moves nothing if `sha` does not contain the head. */
  moveBranch(repo: string, branch: string, sha: Sha, actor: ForgeActor): 'moved' | 'diverged' {
    const { graph } = this.getRepository(repo);
    const from = this.readHead(repo, branch);
    if (from === undefined) {
      throw new AppError('notFound', 'branch_missing', `Reference does not exist: ${branch}`);
    }
    if (!graph.isAncestor(from, sha)) return 'diverged';
    this.setBranch(repo, branch, sha, actor);
    return 'moved';
  }

  tryMerge(repo: string, base: Sha, head: Sha): 'clean' | 'conflict' {
    return this.getRepository(repo).graph.merge(base, head).conflicts.length > 0
      ? 'conflict'
      : 'clean';
  }

  /** Returns the true state of a pull request. */
  getPull(repo: string, number: number): SimPull {
    const pull = this.getRepository(repo).pulls[number - 1];
    if (pull === undefined) {
      const message = `the simulated forge has no pull request ${repo}#${number}`;
      throw new AppError('notFound', 'forge_not_found', message);
    }
    return pull;
  }

  readHeadSha(repository: SimRepository, pull: SimPull): Sha {
    return readHeadSha(repository, pull);
  }

  /** Reads a pull request, perhaps with its former head. */
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

  ensurePull(repo: string, spec: PullSpec, actor: ForgeActor): PullRequest {
    return this.findPull(repo, spec) ?? this.openPull(repo, spec, actor);
  }

  openPull(repo: string, spec: PullSpec, actor: ForgeActor): PullRequest {
    const repository = this.getRepository(repo);
    const { head, base, draft } = spec;
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
    const rule = actor.kind === 'engine' ? this.#faults.drawRule() : undefined;
    if (rule !== undefined) throw new AppError('refused', 'forge_refused', rule);
    const pull: SimPull = {
      ...spec,
      number: repository.pulls.length + 1,
      state: 'open',
      lastSha: relation.headSha ?? '',
      updatedAt: this.#now(),
      author: 'smol-gang[bot]',
      mergeableKnownAt: this.#now() + this.#faults.drawMergeabilityDelayMs(),
      reviews: [],
      comments: [],
    };
    repository.pulls.push(pull);
    this.#witness.onPullOpened(repository, pull, actor);
    return this.#viewPull(repository, pull);
  }

  /** Returns at most 1,000 pull requests that changed since `since` (epoch milliseconds), latest change first. */
  listPullsChangedSince(repo: string, since: number): PullRequest[] {
    const repository = this.getRepository(repo);
    return repository.pulls
      .filter((pull) => pull.updatedAt >= since)
      .toSorted((a, b) => b.updatedAt - a.updatedAt)
      .slice(0, 1_000)
      .map((pull) => this.#viewPull(repository, pull));
  }

  setDraft(repo: string, number: number, draft: boolean, actor: ForgeActor): void {
    const pull = this.getPull(repo, number);
    if (pull.draft === draft || pull.state === 'merged') return;
    const facts = { isOpen: pull.state === 'open', isDraft: pull.draft, allowsDrafts: true };
    const refusal = findDraftRefusal(facts, draft);
    if (refusal !== undefined) throw new AppError('refused', 'forge_refused', refusal);
    pull.draft = draft;
    this.#recordChange(this.getRepository(repo), pull, draft ? 'draft' : 'ready', actor);
  }

  /** Changes the base of a pull request, as only people do. An invalid change has no effect. */
  setBase(repo: string, number: number, base: string, actor: ForgeActor): void {
    const repository = this.getRepository(repo);
    const pull = this.getPull(repo, number);
    const effect = decideBaseChange(pull, base, {
      baseExists: repository.branches.has(base),
      hasOpenPull: findOpenPull(repository.pulls, pull.head, base) !== undefined,
    });
    if (effect === 'closed') this.closePull(repo, number, actor);
    if (effect !== 'changed') return;
    pull.base = base;
    pull.mergeableKnownAt = this.#now() + UNKNOWN_AFTER_BASE_CHANGE_MS;
    this.#recordChange(repository, pull, `base changed to ${base}`, actor);
  }

  closePull(repo: string, number: number, actor: ForgeActor): void {
    const repository = this.getRepository(repo);
    const pull = this.getPull(repo, number);
    if (pull.state !== 'open') return;
    pull.lastSha = readHeadSha(repository, pull);
    this.#setState(repository, pull, 'closed', actor);
  }

  /** Reopens a closed pull request; has no effect on an open pull request. */
  reopenPull(repo: string, number: number, actor: ForgeActor): void {
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
    this.#setState(repository, pull, 'open', actor);
  }

  /** Merges a pull request if `sha` is its head. Rules and unknown mergeability refuse only merges by the engine. */
  mergePull(repo: string, number: number, sha: Sha, actor: ForgeActor): MergeOutcome {
    const repository = this.getRepository(repo);
    const pull = this.getPull(repo, number);
    const headSha = readHeadSha(repository, pull);
    const baseSha = repository.branches.get(pull.base) ?? sha;
    const refusal =
      this.#findMergeRefusal(repository, pull, sha, actor) ??
      findMergeabilityRefusal(this.tryMerge(repo, baseSha, headSha) === 'clean');
    if (refusal !== undefined) {
      const { state, mergeSha } = pull;
      return decideOutcomeAfterRefusal(
        { headSha, isMerged: state === 'merged', mergeSha },
        sha,
        refusal,
      );
    }
    const mergeCommit = repository.graph.add(
      [baseSha, sha],
      repository.graph.merge(baseSha, sha).files,
    );
    pull.lastSha = sha;
    pull.mergeSha = mergeCommit.sha;
    pull.state = 'merged';
    this.#witness.onMerged(
      repository,
      pull,
      { commit: sha, onto: baseSha, result: mergeCommit.sha },
      actor,
    );
    this.setBranch(repo, pull.base, mergeCommit.sha, actor);
    this.#recordChange(repository, pull, 'merged', actor);
    return { kind: 'merged', sha: mergeCommit.sha };
  }

  #findMergeRefusal(
    repository: SimRepository,
    pull: SimPull,
    sha: Sha,
    actor: ForgeActor,
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
    if (refusal !== undefined || actor.kind === 'person') return refusal;
    if (pull.mergeableKnownAt > this.#now()) return findMergeabilityRefusal(null);
    return findMergeRefusal({ ...facts, violation: this.#findViolation(pull) }, request);
  }

  #findViolation(pull: SimPull): string | undefined {
    const rule = this.#faults.drawRule();
    if (rule !== undefined) pull.forbidden = { rule, until: this.#now() + RULE_DURATION_MS };
    const isForbidden = pull.forbidden !== undefined && pull.forbidden.until > this.#now();
    return isForbidden ? pull.forbidden?.rule : undefined;
  }

  readChecks(repo: string, sha: Sha): Checks {
    const check = this.getRepository(repo).checks.get(sha);
    if (check === undefined) return { state: 'none', failing: [], pending: [] };
    if (check.endsAt > this.#now()) return { state: 'pending', failing: [], pending: ['ci'] };
    const state: CheckState = check.green ? 'green' : 'red';
    return { state, failing: check.green ? [] : [{ name: 'ci', summary: 'red' }], pending: [] };
  }

  /** Adds a review of the current head by one of two people. In one of ten reviews, the person has no write permission. */
  addReview(repo: string, number: number, state: 'approved' | 'changes_requested'): void {
    const repository = this.getRepository(repo);
    const pull = this.getPull(repo, number);
    const at = this.#now();
    const authorCanWrite = !this.#random.chance(0.1);
    const review: Review = {
      id: repository.pulls.reduce((sum, { reviews }) => sum + reviews.length, 0) + 1,
      author: this.#random.pick(['ada', 'ben']),
      authorCanWrite,
      isBot: false,
      state,
      body: state === 'approved' ? '' : 'Please do it otherwise.',
      commit: readHeadSha(repository, pull),
      at,
    };
    pull.reviews.push(review);
    if (state === 'changes_requested') addLineComment(pull, authorCanWrite, at);
    if (authorCanWrite) this.#witness.onReviewed(pull, review);
    this.#recordChange(repository, pull, state, { kind: 'person' });
  }
}
