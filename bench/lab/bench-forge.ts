import { AppError } from '../../core/base/app-error.ts';
import type { Forge, MergeOutcome, PullRequest, Sha, WantedPull } from '../../core/port/forge.ts';

// A forge that always says yes: branches, commits and pull requests in memory, each operation one moment.

/** Depth: by first parents from the first commit. `paths`: changed against the first parent. */
type Commit = {
  readonly sha: Sha;
  readonly depth: number;
  readonly first?: Commit;
  readonly paths: readonly string[];
};

export const BENCH_REPO = 'acme/bench';
const BASE_BRANCH = 'main';

export class BenchForge {
  readonly #commits = new Map<Sha, Commit>();
  readonly #branches = new Map<string, Sha>();
  readonly #pulls: PullRequest[] = [];
  readonly #pullByBranch = new Map<string, PullRequest>();
  readonly #now: () => number;
  /** As a webhook tells it. */
  onChange: (branch: string, pull?: number) => void = () => {};

  constructor(now: () => number) {
    this.#now = now;
    this.#branches.set(BASE_BRANCH, this.createCommit(undefined, ['README.md']));
  }

  createCommit(parent: Sha | undefined, paths: readonly string[]): Sha {
    const first = parent === undefined ? undefined : this.#getCommit(parent);
    const sha = this.#commits.size.toString(16).padStart(8, '0').padEnd(40, '0');
    this.#commits.set(sha, { sha, depth: (first?.depth ?? 0) + 1, first, paths });
    return sha;
  }

  #getCommit(sha: Sha): Commit {
    const found = this.#commits.get(sha);
    if (found === undefined) throw new AppError('notFound', 'forge_not_found', `no commit ${sha}`);
    return found;
  }

  findHead(branch: string): Sha | undefined {
    return this.#branches.get(branch);
  }

  pushBranch(branch: string, sha: Sha): void {
    if (this.#branches.get(branch) === sha) return;
    this.#branches.set(branch, sha);
    this.onChange(branch);
    const pull = this.#pullByBranch.get(branch);
    if (pull?.state === 'open') this.#replacePull(pull, { headSha: sha });
  }

  getPull(number: number): PullRequest {
    const found = this.#pulls[number - 1];
    if (found === undefined) throw new AppError('notFound', 'forge_not_found', `no #${number}`);
    return { ...found };
  }

  #replacePull(pull: PullRequest, change: Partial<PullRequest>): void {
    Object.assign(pull, change, { updatedAt: this.#now() });
    this.onChange(pull.head, pull.number);
  }

  findPull(head: string, base: string): PullRequest | undefined {
    const pull = this.#pullByBranch.get(head);
    return pull?.base === base ? { ...pull } : undefined;
  }

  openPull(wanted: WantedPull): PullRequest {
    const found = this.findPull(wanted.head, wanted.base);
    if (found !== undefined) return found;
    const number = this.#pulls.length + 1;
    const pull: PullRequest = {
      ...wanted,
      number,
      nodeId: `PR_${number}`,
      url: `https://forge.test/${BENCH_REPO}/pull/${number}`,
      state: 'open',
      headSha: this.findHead(wanted.head) ?? '',
      mergeable: true,
      updatedAt: this.#now(),
      author: 'smol-gang[bot]',
    };
    this.#pulls.push(pull);
    this.#pullByBranch.set(pull.head, pull);
    this.onChange(pull.head, number);
    return { ...pull };
  }

  updatePull(number: number, change: Partial<PullRequest>): void {
    const pull = this.#pulls[number - 1];
    if (pull !== undefined) this.#replacePull(pull, change);
  }

  mergePull(number: number, sha: Sha): MergeOutcome {
    const pull = this.getPull(number);
    if (pull.state === 'merged') return { kind: 'merged', sha: pull.mergeSha ?? sha };
    if (pull.headSha !== sha) return { kind: 'headMoved' };
    const result = this.createCommit(this.findHead(pull.base), this.#getCommit(sha).paths);
    this.pushBranch(pull.base, result);
    this.updatePull(number, { state: 'merged', mergeSha: result });
    return { kind: 'merged', sha: result };
  }

  compareCommits(base: Sha, head: Sha): Awaited<ReturnType<Forge['compareCommits']>> {
    let [ahead, behind] = [this.#getCommit(head), this.#getCommit(base)];
    const paths = new Set<string>();
    const counts = { aheadBy: 0, behindBy: 0 };
    while (ahead !== behind) {
      const both = ahead.depth === behind.depth;
      if (both || ahead.depth > behind.depth) {
        for (const path of ahead.paths) paths.add(path);
        counts.aheadBy += 1;
        ahead = ahead.first ?? ahead;
      }
      if (both || behind.depth > ahead.depth) {
        counts.behindBy += 1;
        behind = behind.first ?? behind;
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

  listPullsChangedSince(since: number): PullRequest[] {
    const recent: PullRequest[] = [];
    for (const pull of this.#pulls) if (pull.updatedAt >= since) recent.push({ ...pull });
    return recent.sort((a, b) => b.updatedAt - a.updatedAt).slice(0, 100);
  }

  deleteBranch(branch: string): void {
    this.#branches.delete(branch);
  }

  listBranches(prefix: string): { readonly name: string; readonly sha: Sha }[] {
    const found = [...this.#branches].filter(([name]) => name.startsWith(prefix));
    return found.map(([name, sha]) => ({ name, sha }));
  }

  ensureBranch(branch: string, sha: Sha): Sha {
    const head = this.findHead(branch);
    if (head !== undefined) return head;
    this.pushBranch(branch, sha);
    return sha;
  }
}

/** `.smol-gang.yaml` of the repository: with a verify command, so that tasks may be merged by themselves. */
const REPOSITORY_CONFIG = 'verify: [["true"]]\n';

/** `on`: what a call costs in time, and who hears of it. */
export function createBenchForgePort(
  forge: BenchForge,
  on: <T>(what: string, act: () => T) => Promise<T>,
): Forge {
  return {
    readRepository: (name) =>
      on('repository', () => ({
        name,
        defaultBranch: BASE_BRANCH,
        private: true,
        url: `https://forge.test/${name}`,
        cloneUrl: `https://forge.test/${name}.git`,
        mergeMethods: ['merge'],
        allowsDrafts: true,
        archived: false,
        permissions: { push: true, pull: true, admin: false },
      })),
    runPreflight: () => on('preflight', () => []),
    readBranchHead: (_repo, branch) => on('branchHead', () => forge.findHead(branch)),
    listBranches: (_repo, prefix) => on('listBranches', () => forge.listBranches(prefix)),
    ensureBranch: (_repo, branch, sha) => on('ensureBranch', () => forge.ensureBranch(branch, sha)),
    moveBranch: (_repo, branch, sha) =>
      on('moveBranch', () => {
        forge.pushBranch(branch, sha);
        return 'moved';
      }),
    deleteBranch: (_repo, branch) => on('deleteBranch', () => forge.deleteBranch(branch)),
    hasCommit: () => on('hasCommit', () => true),
    compareCommits: (_repo, base, head) => on('compare', () => forge.compareCommits(base, head)),
    readTree: () =>
      on('tree', () => ({
        entries: [{ path: '.smol-gang.yaml', type: 'file' }],
        truncated: false,
      })),
    readFile: (_repo, _sha, path) =>
      on('file', () => (path === '.smol-gang.yaml' ? REPOSITORY_CONFIG : undefined)),
    tryMerge: () => on('tryMerge', () => 'clean'),
    findPull: (_repo, { head, base }) => on('findPull', () => forge.findPull(head, base)),
    ensurePull: (_repo, pull) => on('ensurePull', () => forge.openPull(pull)),
    readPull: (_repo, number) => on('pull', () => forge.getPull(number)),
    listPullsChangedSince: (_repo, since) =>
      on('changed', () => forge.listPullsChangedSince(since)),
    updatePull: (_repo, number, change) => on('updatePull', () => forge.updatePull(number, change)),
    markReady: (_repo, pull) =>
      on('markReady', () => forge.updatePull(pull.number, { draft: false })),
    markDraft: (_repo, pull) =>
      on('markDraft', () => forge.updatePull(pull.number, { draft: true })),
    closePull: (_repo, number) =>
      on('closePull', () => forge.updatePull(number, { state: 'closed' })),
    reopenPull: (_repo, number) =>
      on('reopenPull', () => forge.updatePull(number, { state: 'open' })),
    mergePull: (_repo, number, merge) => on('mergePull', () => forge.mergePull(number, merge.sha)),
    readChecks: () => on('checks', () => ({ state: 'none', failing: [], pending: [] })),
    readReviews: () => on('reviews', () => ({ reviews: [], comments: [] })),
    postComment: () => on('comment', () => undefined),
    createGitCredential: () =>
      on('gitCredential', () => ({
        username: 'x',
        password: 'y',
        expiresAt: Number.MAX_SAFE_INTEGER,
      })),
  };
}
