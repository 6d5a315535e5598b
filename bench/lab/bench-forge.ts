import { AppError } from '../../core/error.ts';
import type { Forge, MergeOutcome, PullRequest, Sha, WantedPull } from '../../core/port/forge.ts';

// A forge that always says yes: branches, commits and pull requests in memory, each operation one moment.

/** Depth: by first parents from the first commit. `paths`: changed against the first parent. */
type Commit = { sha: Sha; depth: number; first?: Commit; paths: readonly string[] };

export const BENCH_REPO = 'acme/bench';
const BASE = 'main';

export class BenchForge {
  readonly #commits = new Map<Sha, Commit>();
  readonly #branches = new Map<string, Sha>();
  readonly #pulls: PullRequest[] = [];
  readonly #pullOf = new Map<string, PullRequest>();
  readonly #now: () => number;
  /** As a webhook tells it. */
  onChange: (branch: string, pull?: number) => void = () => {};

  constructor(now: () => number) {
    this.#now = now;
    this.#branches.set(BASE, this.commit(undefined, ['README.md']));
  }

  commit(parent: Sha | undefined, paths: readonly string[]): Sha {
    const first = parent === undefined ? undefined : this.#commit(parent);
    const sha = this.#commits.size.toString(16).padStart(8, '0').padEnd(40, '0');
    this.#commits.set(sha, { sha, depth: (first?.depth ?? 0) + 1, first, paths });
    return sha;
  }

  #commit(sha: Sha): Commit {
    const found = this.#commits.get(sha);
    if (found === undefined) throw new AppError('notFound', 'forge_not_found', `no commit ${sha}`);
    return found;
  }

  head(branch: string): Sha | undefined {
    return this.#branches.get(branch);
  }

  push(branch: string, sha: Sha): void {
    if (this.#branches.get(branch) === sha) return;
    this.#branches.set(branch, sha);
    this.onChange(branch);
    const pull = this.#pullOf.get(branch);
    if (pull?.state === 'open') this.#touch(pull, { headSha: sha });
  }

  pull(number: number): PullRequest {
    const found = this.#pulls[number - 1];
    if (found === undefined) throw new AppError('notFound', 'forge_not_found', `no #${number}`);
    return { ...found };
  }

  #touch(pull: PullRequest, change: Partial<PullRequest>): void {
    Object.assign(pull, change, { updatedAt: this.#now() });
    this.onChange(pull.head, pull.number);
  }

  find(head: string, base: string): PullRequest | undefined {
    const pull = this.#pullOf.get(head);
    return pull?.base === base ? { ...pull } : undefined;
  }

  open(wanted: WantedPull): PullRequest {
    const found = this.find(wanted.head, wanted.base);
    if (found !== undefined) return found;
    const number = this.#pulls.length + 1;
    const pull: PullRequest = {
      ...wanted,
      number,
      nodeId: `PR_${number}`,
      url: `https://forge.test/${BENCH_REPO}/pull/${number}`,
      state: 'open',
      headSha: this.head(wanted.head) ?? '',
      mergeable: true,
      updatedAt: this.#now(),
      author: 'smol-gang[bot]',
    };
    this.#pulls.push(pull);
    this.#pullOf.set(pull.head, pull);
    this.onChange(pull.head, number);
    return { ...pull };
  }

  set(number: number, change: Partial<PullRequest>): void {
    const pull = this.#pulls[number - 1];
    if (pull !== undefined) this.#touch(pull, change);
  }

  merge(number: number, sha: Sha): MergeOutcome {
    const pull = this.pull(number);
    if (pull.state === 'merged') return { kind: 'merged', sha: pull.mergeSha ?? sha };
    if (pull.headSha !== sha) return { kind: 'headMoved' };
    const result = this.commit(this.head(pull.base), this.#commit(sha).paths);
    this.push(pull.base, result);
    this.set(number, { state: 'merged', mergeSha: result });
    return { kind: 'merged', sha: result };
  }

  compare(base: Sha, head: Sha): Awaited<ReturnType<Forge['compare']>> {
    let [ahead, behind] = [this.#commit(head), this.#commit(base)];
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

  changedSince(since: number): PullRequest[] {
    const recent: PullRequest[] = [];
    for (const pull of this.#pulls) if (pull.updatedAt >= since) recent.push({ ...pull });
    return recent.sort((a, b) => b.updatedAt - a.updatedAt).slice(0, 100);
  }

  delete(branch: string): void {
    this.#branches.delete(branch);
  }

  branches(prefix: string): { name: string; sha: Sha }[] {
    const found = [...this.#branches].filter(([name]) => name.startsWith(prefix));
    return found.map(([name, sha]) => ({ name, sha }));
  }

  ensure(branch: string, sha: Sha): Sha {
    const head = this.head(branch);
    if (head !== undefined) return head;
    this.push(branch, sha);
    return sha;
  }
}

/** `.smol-gang.yaml` of the repository: with a verify command, so that tasks may be merged by themselves. */
const CONFIGURATION = 'verify: [["true"]]\n';

/** `on`: what a call costs in time, and who hears of it. */
export function benchForgePort(
  forge: BenchForge,
  on: <T>(what: string, act: () => T) => Promise<T>,
): Forge {
  return {
    repository: (name) =>
      on('repository', () => ({
        name,
        defaultBranch: BASE,
        private: true,
        url: `https://forge.test/${name}`,
        cloneUrl: `https://forge.test/${name}.git`,
        mergeMethods: ['merge'],
        allowsDrafts: true,
        archived: false,
        permissions: { push: true, pull: true, admin: false },
      })),
    preflight: () => on('preflight', () => []),
    branchHead: (_repo, branch) => on('branchHead', () => forge.head(branch)),
    listBranches: (_repo, prefix) => on('listBranches', () => forge.branches(prefix)),
    ensureBranch: (_repo, branch, sha) => on('ensureBranch', () => forge.ensure(branch, sha)),
    moveBranch: (_repo, branch, sha) =>
      on('moveBranch', () => {
        forge.push(branch, sha);
        return 'moved';
      }),
    deleteBranch: (_repo, branch) => on('deleteBranch', () => forge.delete(branch)),
    hasCommit: () => on('hasCommit', () => true),
    compare: (_repo, base, head) => on('compare', () => forge.compare(base, head)),
    tree: () =>
      on('tree', () => ({
        entries: [{ path: '.smol-gang.yaml', type: 'file' }],
        truncated: false,
      })),
    file: (_repo, _sha, path) =>
      on('file', () => (path === '.smol-gang.yaml' ? CONFIGURATION : undefined)),
    tryMerge: () => on('tryMerge', () => 'clean'),
    findPull: (_repo, { head, base }) => on('findPull', () => forge.find(head, base)),
    ensurePull: (_repo, pull) => on('ensurePull', () => forge.open(pull)),
    pull: (_repo, number) => on('pull', () => forge.pull(number)),
    pullsChangedSince: (_repo, since) => on('changed', () => forge.changedSince(since)),
    updatePull: (_repo, number, change) => on('updatePull', () => forge.set(number, change)),
    markReady: (_repo, pull) => on('markReady', () => forge.set(pull.number, { draft: false })),
    markDraft: (_repo, pull) => on('markDraft', () => forge.set(pull.number, { draft: true })),
    closePull: (_repo, number) => on('closePull', () => forge.set(number, { state: 'closed' })),
    reopenPull: (_repo, number) => on('reopenPull', () => forge.set(number, { state: 'open' })),
    mergePull: (_repo, number, merge) => on('mergePull', () => forge.merge(number, merge.sha)),
    checks: () => on('checks', () => ({ state: 'none', failing: [], pending: [] })),
    reviews: () => on('reviews', () => ({ reviews: [], comments: [] })),
    comment: () => on('comment', () => undefined),
    gitCredential: () =>
      on('gitCredential', () => ({
        username: 'x',
        password: 'y',
        expiresAt: Number.MAX_SAFE_INTEGER,
      })),
  };
}
