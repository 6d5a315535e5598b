import { AppError } from '../../core/base/app-error.ts';
import type {
  Forge,
  MergeOutcome,
  PullQuery,
  PullRequest,
  PullSpec,
  PullState,
  Sha,
} from '../../core/port/forge.ts';
import {
  decideOutcomeAfterRefusal,
  findMergeabilityRefusal,
  findMergeRefusal,
} from '../../local/forge/rules/merge-rules.ts';
import type { BranchRelation } from '../../local/forge/rules/pull-rules.ts';
import {
  choosePull,
  decideStateAfterBranchMove,
  findCreationRefusal,
  findDraftRefusal,
  findOpenPull,
  findReopenRefusal,
} from '../../local/forge/rules/pull-rules.ts';

// A forge in memory for measurements. Operations take no time, no outage occurs, and merges never conflict. The rules of the
// local forge decide the answers.

type Commit = {
  readonly sha: Sha;
  /** Number of commits in the chain of first parents, including this commit. */
  readonly depth: number;
  readonly firstParent?: Commit;
  /** Paths that differ from the first parent. */
  readonly paths: readonly string[];
};

/** Name of the only repository. */
export const BENCH_REPO = 'acme/bench';
const BASE_BRANCH = 'main';

/** The repository of the bench and the operations on it. */
export class BenchForge {
  readonly #commits = new Map<Sha, Commit>();
  readonly #branches = new Map<string, Sha>();
  readonly #pulls: PullRequest[] = [];
  readonly #openPulls = new Set<PullRequest>();
  readonly #pullsByHead = new Map<string, PullRequest[]>();
  readonly #now: () => number;
  /** Called after each change that a forge would report by webhook. */
  onChange: (branch: string, pull?: number) => void = () => {};

  constructor(now: () => number) {
    this.#now = now;
    this.#branches.set(BASE_BRANCH, this.createCommit(undefined, ['README.md']));
  }

  /** Creates a commit that changes `paths`, and returns its id. */
  createCommit(parent: Sha | undefined, paths: readonly string[]): Sha {
    const firstParent = parent === undefined ? undefined : this.#requireCommit(parent);
    const sha = this.#commits.size.toString(16).padStart(8, '0').padEnd(40, '0');
    this.#commits.set(sha, { sha, depth: (firstParent?.depth ?? 0) + 1, firstParent, paths });
    return sha;
  }

  #requireCommit(sha: Sha): Commit {
    const commit = this.#commits.get(sha);
    if (commit === undefined) {
      throw new AppError('notFound', 'forge_not_found', `The bench has no commit ${sha}.`);
    }
    return commit;
  }

  /** Follows first parents only, because merge commits of this forge have no second parent. */
  #isAncestor(ancestor: Sha, descendant: Sha): boolean {
    const { depth } = this.#requireCommit(ancestor);
    let commit: Commit | undefined = this.#requireCommit(descendant);
    while (commit !== undefined && commit.depth > depth) commit = commit.firstParent;
    return commit?.sha === ancestor;
  }

  #relateBranches(head: string, base: string): BranchRelation {
    const headSha = this.findHead(head);
    const baseSha = this.findHead(base);
    const bothExist = headSha !== undefined && baseSha !== undefined;
    return { headSha, baseSha, headIsInBase: bothExist && this.#isAncestor(headSha, baseSha) };
  }

  findHead(branch: string): Sha | undefined {
    return this.#branches.get(branch);
  }

  /** Sets the head of a branch, and creates the branch if absent. */
  pushBranch(branch: string, sha: Sha): void {
    if (this.findHead(branch) === sha) return;
    this.#branches.set(branch, sha);
    this.onChange(branch);
    this.#refreshPulls(branch);
  }

  deleteBranch(branch: string): void {
    this.#branches.delete(branch);
    this.#refreshPulls(branch);
  }

  #refreshPulls(branch: string): void {
    for (const pull of this.#openPulls) {
      if (pull.head !== branch && pull.base !== branch) continue;
      const relation = this.#relateBranches(pull.head, pull.base);
      const mergeSha = pull.base === branch && relation.headIsInBase ? relation.baseSha : undefined;
      const state = decideStateAfterBranchMove(relation, mergeSha);
      const headSha = relation.headSha ?? pull.headSha;
      if (state !== 'open') this.#setPullState(pull, state, { headSha, mergeSha });
      else if (headSha !== pull.headSha) this.#changePull(pull, { headSha });
    }
  }

  #requirePull(number: number): PullRequest {
    const pull = this.#pulls[number - 1];
    if (pull === undefined) {
      const message = `The bench has no pull request #${number}.`;
      throw new AppError('notFound', 'forge_not_found', message);
    }
    return pull;
  }

  /** Returns a copy of a pull request. */
  getPull(number: number): PullRequest {
    return { ...this.#requirePull(number) };
  }

  #changePull(pull: PullRequest, change: Partial<PullRequest>): void {
    Object.assign(pull, change, { updatedAt: this.#now() });
    this.onChange(pull.head, pull.number);
  }

  #setPullState(pull: PullRequest, state: PullState, change: Partial<PullRequest> = {}): void {
    if (state === 'open') this.#openPulls.add(pull);
    else this.#openPulls.delete(pull);
    this.#changePull(pull, { state, ...change });
  }

  findPull(query: PullQuery): PullRequest | undefined {
    const pull = choosePull(this.#pullsByHead.get(query.head) ?? [], query);
    return pull === undefined ? undefined : { ...pull };
  }

  ensurePull(spec: PullSpec): PullRequest {
    return this.findPull(spec) ?? this.openPull(spec);
  }

  openPull(spec: PullSpec): PullRequest {
    const { head, base, draft } = spec;
    const relation = this.#relateBranches(head, base);
    const pulls = this.#pullsByHead.get(head) ?? [];
    const refusal = findCreationRefusal({
      ...relation,
      owner: 'acme',
      head,
      base,
      haveCommonHistory: true,
      hasOpenPull: findOpenPull(pulls, head, base) !== undefined,
      isDraft: draft,
      allowsDrafts: true,
    });
    if (refusal !== undefined) {
      const code = refusal.kind === 'no_commits' ? 'no_commits' : 'forge_refused';
      throw new AppError('refused', code, refusal.error.message ?? 'Head or base is invalid.');
    }
    const number = this.#pulls.length + 1;
    const pull: PullRequest = {
      ...spec,
      number,
      nodeId: `PR_${number}`,
      url: `https://forge.test/${BENCH_REPO}/pull/${number}`,
      state: 'open',
      headSha: relation.headSha ?? '',
      isMergeable: true,
      updatedAt: this.#now(),
      author: 'smol-gang[bot]',
    };
    this.#pulls.push(pull);
    this.#openPulls.add(pull);
    this.#pullsByHead.set(head, [...pulls, pull]);
    this.onChange(head, number);
    return { ...pull };
  }

  updatePull(
    number: number,
    change: Pick<Partial<PullRequest>, 'title' | 'body' | 'labels'>,
  ): void {
    this.#changePull(this.#requirePull(number), change);
  }

  setDraft(number: number, draft: boolean): void {
    const pull = this.#requirePull(number);
    if (pull.draft === draft || pull.state === 'merged') return;
    const facts = { isOpen: pull.state === 'open', isDraft: pull.draft, allowsDrafts: true };
    const refusal = findDraftRefusal(facts, draft);
    if (refusal !== undefined) throw new AppError('refused', 'forge_refused', refusal);
    this.#changePull(pull, { draft });
  }

  closePull(number: number): void {
    const pull = this.#requirePull(number);
    if (pull.state === 'open') this.#setPullState(pull, 'closed');
  }

  reopenPull(number: number): void {
    const pull = this.#requirePull(number);
    if (pull.state === 'open') return;
    const { head, base } = pull;
    const relation = this.#relateBranches(head, base);
    const pulls = this.#pullsByHead.get(head) ?? [];
    const refusal = findReopenRefusal({
      ...relation,
      head,
      isMerged: pull.state === 'merged',
      hasOpenPull: findOpenPull(pulls, head, base) !== undefined,
    });
    if (refusal !== undefined) throw new AppError('refused', 'cannot_reopen', refusal);
    this.#setPullState(pull, 'open', { headSha: relation.headSha });
  }

  mergePull(number: number, sha: Sha): MergeOutcome {
    const pull = this.#requirePull(number);
    const { headSha, state, mergeSha } = pull;
    const refusal =
      findMergeRefusal(
        {
          isOpen: state === 'open',
          isDraft: pull.draft,
          headSha,
          base: pull.base,
          allowedMethods: ['merge'],
          violation: undefined,
          isBaseCheckedOut: false,
        },
        { sha, method: 'merge' },
      ) ?? findMergeabilityRefusal(pull.isMergeable);
    if (refusal !== undefined) {
      const facts = { headSha, isMerged: state === 'merged', mergeSha };
      return decideOutcomeAfterRefusal(facts, sha, refusal);
    }
    const mergeCommit = this.createCommit(this.findHead(pull.base), this.#requireCommit(sha).paths);
    this.pushBranch(pull.base, mergeCommit);
    this.#setPullState(pull, 'merged', { mergeSha: mergeCommit });
    return { kind: 'merged', sha: mergeCommit };
  }

  /** Compares two commits; lists at most 300 files, the limit of the port. */
  compareCommits(base: Sha, head: Sha): Awaited<ReturnType<Forge['compareCommits']>> {
    let [ahead, behind] = [this.#requireCommit(head), this.#requireCommit(base)];
    const paths = new Set<string>();
    const counts = { aheadBy: 0, behindBy: 0 };
    while (ahead !== behind) {
      const isSameDepth = ahead.depth === behind.depth;
      if (isSameDepth || ahead.depth > behind.depth) {
        for (const path of ahead.paths) paths.add(path);
        counts.aheadBy += 1;
        ahead = ahead.firstParent ?? ahead;
      }
      if (isSameDepth || behind.depth > ahead.depth) {
        counts.behindBy += 1;
        behind = behind.firstParent ?? behind;
      }
    }
    const files = [...paths].slice(0, 300).map((path) => ({
      path,
      status: 'modified' as const,
      additions: 1,
      deletions: 1,
    }));
    return { files, ...counts, mergeBase: ahead.sha };
  }

  /** Returns at most 100 pull requests that changed at or after `since` (epoch milliseconds), newest change first. */
  listChangedPulls(since: number): PullRequest[] {
    const changedPulls = this.#pulls.filter((pull) => pull.updatedAt >= since);
    const newestFirst = changedPulls.toSorted((a, b) => b.updatedAt - a.updatedAt);
    return newestFirst.slice(0, 100).map((pull) => ({ ...pull }));
  }

  listBranches(prefix: string): { readonly name: string; readonly sha: Sha }[] {
    const branches = [...this.#branches].filter(([name]) => name.startsWith(prefix));
    return branches.map(([name, sha]) => ({ name, sha }));
  }

  ensureBranch(branch: string, sha: Sha): Sha {
    const head = this.findHead(branch);
    if (head !== undefined) return head;
    this.pushBranch(branch, sha);
    return sha;
  }
}

/** Content of `.smol-gang.yaml`. Without verify commands, a person would have to merge each task. */
const REPOSITORY_CONFIG = 'verify: [["true"]]\n';

function createRepositoryFacts(name: string): Awaited<ReturnType<Forge['readRepository']>> {
  return {
    name,
    defaultBranch: BASE_BRANCH,
    private: true,
    url: `https://forge.test/${name}`,
    cloneUrl: `https://forge.test/${name}.git`,
    mergeMethods: ['merge'],
    allowsDrafts: true,
    archived: false,
    permissions: { push: true, pull: true, admin: false },
  };
}

/** Creates the port of a bench forge. Every operation passes through `run`, which may delay and record the operation. */
export function createBenchForgePort(
  forge: BenchForge,
  run: <T>(operation: string, execute: () => T) => Promise<T>,
): Forge {
  return {
    workflowFiles: /^\.github\/workflows\/.+\.ya?ml$/,
    readRepository: (name) => run('repository', () => createRepositoryFacts(name)),
    runPreflight: () => run('preflight', () => []),
    readBranchHead: (_repo, branch) => run('branchHead', () => forge.findHead(branch)),
    listBranches: (_repo, prefix) => run('listBranches', () => forge.listBranches(prefix)),
    ensureBranch: (_repo, branch, sha) =>
      run('ensureBranch', () => forge.ensureBranch(branch, sha)),
    moveBranch: (_repo, branch, sha) =>
      run('moveBranch', () => {
        forge.pushBranch(branch, sha);
        return 'moved';
      }),
    deleteBranch: (_repo, branch) => run('deleteBranch', () => forge.deleteBranch(branch)),
    hasCommit: () => run('hasCommit', () => true),
    readPatch: async () => ({ text: '', truncated: false }),
    compareCommits: (_repo, base, head) => run('compare', () => forge.compareCommits(base, head)),
    readTree: () =>
      run('tree', () => ({
        entries: [{ path: '.smol-gang.yaml', type: 'file' }],
        truncated: false,
      })),
    readFile: (_repo, _sha, path) =>
      run('file', () => (path === '.smol-gang.yaml' ? REPOSITORY_CONFIG : undefined)),
    tryMerge: () => run('tryMerge', () => 'clean'),
    findPull: (_repo, query) => run('findPull', () => forge.findPull(query)),
    ensurePull: (_repo, pull) => run('ensurePull', () => forge.ensurePull(pull)),
    readPull: (_repo, number) => run('pull', () => forge.getPull(number)),
    listPullsChangedSince: (_repo, since) => run('changed', () => forge.listChangedPulls(since)),
    updatePull: (_repo, number, change) =>
      run('updatePull', () => forge.updatePull(number, change)),
    markReady: (_repo, pull) => run('markReady', () => forge.setDraft(pull.number, false)),
    markDraft: (_repo, pull) => run('markDraft', () => forge.setDraft(pull.number, true)),
    closePull: (_repo, number) => run('closePull', () => forge.closePull(number)),
    changePullBase: () =>
      run('changeBase', () => {
        throw new AppError('refused', 'base_fixed', 'No benchmark changes a base branch.');
      }),
    reopenPull: (_repo, number) => run('reopenPull', () => forge.reopenPull(number)),
    mergePull: (_repo, number, merge) => run('mergePull', () => forge.mergePull(number, merge.sha)),
    readChecks: () => run('checks', () => ({ state: 'none', failing: [], pending: [] })),
    readReviews: () => run('reviews', () => ({ reviews: [], comments: [] })),
    postComment: () => run('comment', () => undefined),
    createGitCredential: () =>
      run('gitCredential', () => ({
        username: 'x',
        password: 'y',
        expiresAt: Number.MAX_SAFE_INTEGER,
      })),
  };
}
