import { AppError } from '../../../core/base/app-error.ts';
import type {
  CheckState,
  Checks,
  MergeOutcome,
  PullQuery,
  PullRequest,
  Sha,
  WantedPull,
} from '../../../core/port/forge.ts';
import type { Random } from '../time/random.ts';
import type { By, SimPull, SimRepository } from './forge-state.ts';
import { isGreen } from './forge-state.ts';
import type { ForgeWitness } from './witness.ts';

// A forge in memory, as unkind as a real one. Every operation is one moment; who waits for it, and what is lost on the way,
// is the caller's matter.

export type ForgeMood = {
  /** Milliseconds for which a pull request still shows its old head. */
  lag(): number;
  /** Milliseconds until it is known whether a pull request can be merged. */
  compute(): number;
  checkEnds(): { readonly afterMs: number; readonly flaky: boolean };
  /** A rule that begins to refuse, in the forge's words. */
  rule(): string | undefined;
};

/** Longer than any handler stands still. */
const RETARGETED_MS = 1_000_000;
/** Longer than the lane goes on asking. */
const FORBIDDEN_MS = 300_000;

export class SimForge {
  readonly repositories = new Map<string, SimRepository>();
  readonly #now: () => number;
  readonly #random: Random;
  readonly #witness: ForgeWitness;
  readonly #mood: ForgeMood;

  constructor(now: () => number, random: Random, witness: ForgeWitness, mood: ForgeMood) {
    this.#now = now;
    this.#random = random;
    this.#witness = witness;
    this.#mood = mood;
  }

  repo(name: string): SimRepository {
    const repository = this.repositories.get(name);
    if (repository === undefined)
      throw new AppError('notFound', 'forge_not_found', `no repository ${name}`);
    return repository;
  }

  head(repo: string, branch: string): Sha | undefined {
    return this.repo(repo).branches.get(branch);
  }

  setBranch(repo: string, branch: string, sha: Sha | undefined, by: By): void {
    const repository = this.repo(repo);
    const from = repository.branches.get(branch);
    if (from === sha) return;
    if (sha === undefined) repository.branches.delete(branch);
    else repository.branches.set(branch, sha);
    this.#witness.branchMoved(repository, branch, from, sha, by);
    if (sha !== undefined && repository.hasChecks && !repository.checks.has(sha)) {
      const { afterMs, flaky } = this.#mood.checkEnds();
      const green = isGreen(repository, repository.graph.get(sha).files) !== flaky;
      repository.checks.set(sha, { endsAt: this.#now() + afterMs, green });
    }
    for (const pull of repository.pulls) {
      if (pull.state !== 'open') continue;
      if (pull.base === branch) pull.computedAt = this.#now() + this.#mood.compute();
      if (pull.head !== branch) continue;
      if (sha === undefined) {
        if (from !== undefined) pull.lastSha = from;
        this.#setState(repository, pull, 'closed', by);
        continue;
      }
      const lag = from === undefined ? 0 : this.#mood.lag();
      if (lag > 0 && from !== undefined) pull.lag = { until: this.#now() + lag, sha: from };
      pull.computedAt = this.#now() + this.#mood.compute();
      this.#touch(repository, pull, 'pushed', by);
    }
  }

  #touch(repository: SimRepository, pull: SimPull, what: string, by: By): void {
    pull.updatedAt = this.#now();
    this.#witness.pullChanged(repository, pull, what, by);
  }

  #setState(repository: SimRepository, pull: SimPull, state: SimPull['state'], by: By): void {
    pull.state = state;
    this.#touch(repository, pull, state, by);
  }

  moveBranch(repo: string, branch: string, sha: Sha, by: By): 'moved' | 'diverged' {
    const { graph } = this.repo(repo);
    const from = this.head(repo, branch);
    if (from === undefined)
      throw new AppError('notFound', 'branch_missing', `Reference does not exist: ${branch}`);
    if (!graph.isAncestor(from, sha)) return 'diverged';
    this.setBranch(repo, branch, sha, by);
    return 'moved';
  }

  tryMerge(repo: string, base: Sha, head: Sha): 'clean' | 'conflict' {
    return this.repo(repo).graph.merge(base, head).conflicts.length > 0 ? 'conflict' : 'clean';
  }

  /** What it is at this moment, without lag. */
  truth(repo: string, number: number): SimPull {
    const pull = this.repo(repo).pulls[number - 1];
    if (pull === undefined)
      throw new AppError('notFound', 'forge_not_found', `no pull request ${repo}#${number}`);
    return pull;
  }

  headSha(repository: SimRepository, pull: SimPull): Sha {
    return pull.state === 'open'
      ? (repository.branches.get(pull.head) ?? pull.lastSha)
      : pull.lastSha;
  }

  pull(repo: string, number: number): PullRequest {
    return this.#view(this.repo(repo), this.truth(repo, number));
  }

  #view(repository: SimRepository, pull: SimPull): PullRequest {
    const late = pull.state === 'open' && pull.lag !== undefined && pull.lag.until > this.#now();
    return {
      number: pull.number,
      nodeId: `PR_${pull.number}`,
      url: `https://forge.test/${repository.name}/pull/${pull.number}`,
      title: pull.title,
      body: pull.body,
      state: pull.state,
      draft: pull.draft,
      head: pull.head,
      headSha: late && pull.lag ? pull.lag.sha : this.headSha(repository, pull),
      base: pull.base,
      mergeable: null,
      mergeSha: pull.mergeSha,
      labels: pull.labels,
      updatedAt: pull.updatedAt,
      author: pull.author,
    };
  }

  findPull(repo: string, { head, base, labels }: PullQuery): PullRequest | undefined {
    const repository = this.repo(repo);
    const from = repository.pulls.filter((pull) => pull.head === head);
    const there = from.filter((pull) => pull.base === base);
    const isOurs = (pull: SimPull) => pull.labels.some((label) => labels.includes(label));
    const pull =
      there.find((one) => one.state === 'open') ??
      there.findLast((one) => one.state === 'merged') ??
      there.at(-1) ??
      from.find((one) => one.state === 'open' && isOurs(one));
    return pull === undefined ? undefined : this.#view(repository, pull);
  }

  ensurePull(repo: string, wanted: WantedPull, by: By): PullRequest {
    return this.findPull(repo, wanted) ?? this.openPull(repo, wanted, by);
  }

  openPull(repo: string, wanted: WantedPull, by: By): PullRequest {
    const repository = this.repo(repo);
    const head = repository.branches.get(wanted.head);
    const base = repository.branches.get(wanted.base);
    if (head === undefined || base === undefined)
      throw new AppError('refused', 'forge_refused', 'head or base is invalid');
    if (repository.graph.ahead(base, head) === 0)
      throw new AppError('refused', 'no_commits', `No commits between ${wanted.base} and it`);
    const rule = by.kind === 'engine' ? this.#mood.rule() : undefined;
    if (rule !== undefined) throw new AppError('refused', 'forge_refused', rule);
    const pull: SimPull = {
      ...wanted,
      number: repository.pulls.length + 1,
      state: 'open',
      lastSha: head,
      updatedAt: this.#now(),
      author: 'smol-gang[bot]',
      computedAt: this.#now() + this.#mood.compute(),
      reviews: [],
      comments: [],
    };
    repository.pulls.push(pull);
    this.#witness.pullOpened(repository, pull, by);
    return this.#view(repository, pull);
  }

  changedSince(repo: string, since: number): PullRequest[] {
    const repository = this.repo(repo);
    return repository.pulls
      .filter((pull) => pull.updatedAt >= since)
      .toSorted((a, b) => b.updatedAt - a.updatedAt)
      .slice(0, 1_000)
      .map((pull) => this.#view(repository, pull));
  }

  setDraft(repo: string, number: number, draft: boolean, by: By): void {
    const pull = this.truth(repo, number);
    if (pull.draft === draft || pull.state === 'merged') return;
    pull.draft = draft;
    this.#touch(this.repo(repo), pull, draft ? 'draft' : 'ready', by);
  }

  /** For some minutes the forge works out what that means, and merges nothing: a call on its way does not land in `base`. */
  setBase(repo: string, number: number, base: string, by: By): void {
    const repository = this.repo(repo);
    const pull = this.truth(repo, number);
    if (pull.state !== 'open' || pull.base === base) return;
    const isTaken = repository.pulls.some(
      (one) => one.state === 'open' && one.head === pull.head && one.base === base,
    );
    if (isTaken) {
      this.close(repo, number, by);
      return;
    }
    pull.base = base;
    pull.computedAt = this.#now() + RETARGETED_MS;
    this.#touch(repository, pull, `goes to ${base}`, by);
  }

  close(repo: string, number: number, by: By): void {
    const repository = this.repo(repo);
    const pull = this.truth(repo, number);
    if (pull.state !== 'open') return;
    pull.lastSha = this.headSha(repository, pull);
    this.#setState(repository, pull, 'closed', by);
  }

  reopen(repo: string, number: number, by: By): void {
    const repository = this.repo(repo);
    const pull = this.truth(repo, number);
    if (pull.state === 'open') return;
    const head = repository.branches.get(pull.head);
    if (pull.state === 'merged' || head === undefined || !repository.branches.has(pull.base))
      throw new AppError('refused', 'cannot_reopen', 'state cannot be changed');
    this.#setState(repository, pull, 'open', by);
  }

  merge(repo: string, number: number, sha: Sha, by: By): MergeOutcome {
    const repository = this.repo(repo);
    const pull = this.truth(repo, number);
    if (this.headSha(repository, pull) !== sha) return { kind: 'headMoved' };
    if (pull.state === 'merged') return { kind: 'merged', sha: pull.mergeSha ?? sha };
    const refusal = this.#refusal(repository, pull, by);
    if (refusal !== undefined) return { kind: 'notMergeable', message: refusal };
    const onto = repository.branches.get(pull.base) ?? sha;
    const merge = repository.graph.merge(onto, sha);
    if (merge.conflicts.length > 0)
      return { kind: 'notMergeable', message: 'Pull Request is not mergeable' };
    const result = repository.graph.add([onto, sha], merge.files);
    pull.lastSha = sha;
    pull.mergeSha = result.sha;
    this.#witness.merged(repository, pull, { commit: sha, onto, result: result.sha }, by);
    this.setBranch(repo, pull.base, result.sha, by);
    this.#setState(repository, pull, 'merged', by);
    return { kind: 'merged', sha: result.sha };
  }

  #refusal(repository: SimRepository, pull: SimPull, by: By): string | undefined {
    if (pull.state === 'closed') return 'Pull Request is closed';
    if (pull.draft) return 'Pull Request is still a draft';
    if (!repository.branches.has(pull.base)) return 'Base branch does not exist';
    if (by.kind === 'person') return undefined;
    if (pull.computedAt > this.#now()) return 'Base branch was modified. Review and try again.';
    const rule = this.#mood.rule();
    if (rule !== undefined) pull.forbidden = { rule, until: this.#now() + FORBIDDEN_MS };
    return pull.forbidden !== undefined && pull.forbidden.until > this.#now()
      ? pull.forbidden.rule
      : undefined;
  }

  checks(repo: string, sha: Sha): Checks {
    const run = this.repo(repo).checks.get(sha);
    if (run === undefined) return { state: 'none', failing: [], pending: [] };
    if (run.endsAt > this.#now()) return { state: 'pending', failing: [], pending: ['ci'] };
    const state: CheckState = run.green ? 'green' : 'red';
    return { state, failing: run.green ? [] : [{ name: 'ci', summary: 'red' }], pending: [] };
  }

  /** A person's review of what is there now. */
  addReview(repo: string, number: number, state: 'approved' | 'changes_requested'): void {
    const repository = this.repo(repo);
    const pull = this.truth(repo, number);
    const at = this.#now();
    const authorCanWrite = !this.#random.chance(0.1);
    pull.reviews.push({
      id: repository.pulls.reduce((sum, one) => sum + one.reviews.length, 0) + 1,
      author: 'ada',
      authorCanWrite,
      isBot: false,
      state,
      body: state === 'approved' ? '' : 'Please do it otherwise.',
      commit: this.headSha(repository, pull),
      at,
    });
    if (state === 'changes_requested') comment(pull, authorCanWrite, at);
    if (authorCanWrite) this.#witness.reviewed(pull, state);
    this.#touch(repository, pull, state, { kind: 'person' });
  }
}

/** On one line of what everybody writes, beside a review. */
function comment(pull: SimPull, authorCanWrite: boolean, at: number): void {
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
