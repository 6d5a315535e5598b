import type { Review, ReviewComment, Sha } from '../../../core/port/forge.ts';
import { CommitGraph } from './commit-graph.ts';

// The true state of the simulated forge. Reads of the engine may show an older state.

/** A pull request of the simulation; times are epoch milliseconds. */
export type SimPull = {
  readonly number: number;
  readonly title: string;
  readonly body: string;
  state: 'open' | 'closed' | 'merged';
  draft: boolean;
  readonly head: string;
  base: string;
  /** Head commit at the moment when the pull request was opened, closed or merged, whichever was last. */
  lastSha: Sha;
  mergeSha?: Sha;
  readonly labels: readonly string[];
  updatedAt: number;
  readonly author: string;
  /** Until the time `until`, reads show the former head commit `sha`. */
  lag?: { readonly until: number; readonly sha: Sha };
  /** Until this time, the forge does not know whether the pull request can be merged. */
  mergeableKnownAt: number;
  /** Rule that refuses to merge the pull request until the time `until`; `rule` is its message. */
  forbidden?: { readonly rule: string; readonly until: number };
  readonly reviews: Review[];
  readonly comments: ReviewComment[];
};

/** A repository of the simulation; times are epoch milliseconds. */
export type SimRepository = {
  readonly name: string;
  readonly graph: CommitGraph;
  readonly branches: Map<string, Sha>;
  readonly pulls: SimPull[];
  /** By commit: end time and result of its checks. */
  readonly checks: Map<Sha, { readonly endsAt: number; readonly green: boolean }>;
  /** True if every pushed commit gets checks. */
  readonly hasChecks: boolean;
  /** Pairs of tasks whose changes merge without a conflict but fail the verification together; see `isTreeGreen`. */
  readonly clashes: readonly (readonly [string, string])[];
};

/** Actor that changes something at the forge. The judge applies different rules to the engine, bridges and people. */
export type ForgeActor =
  | {
      readonly kind: 'engine';
      readonly invocation: number;
      /** Returns true if the invocation was frozen; its knowledge may then be outdated. */
      readonly isLate: () => boolean;
      /** Returns when the invocation last read a branch, or the reviews of a pull request, in epoch milliseconds; 0: never. */
      readonly getReadTime: (repo: string, branch: string) => number;
    }
  | { readonly kind: 'bridge'; readonly attempt: string }
  | { readonly kind: 'person' };

/** Creates a repository whose branch `main` has a single commit. `index` selects the prefix of the commit ids. */
export function createSimRepository(
  name: string,
  index: number,
  options: Pick<SimRepository, 'hasChecks' | 'clashes'> & {
    readonly files: ReadonlyMap<string, string>;
  },
): SimRepository {
  const graph = new CommitGraph((0xc0 + index).toString(16));
  const first = graph.add([], options.files);
  return {
    name,
    graph,
    branches: new Map([['main', first.sha]]),
    pulls: [],
    checks: new Map(),
    hasChecks: options.hasChecks,
    clashes: options.clashes,
  };
}

/**
 * Returns true if the verification of a tree succeeds. The line of a file is `<author>@<attempt>:<known authors>`. The author is a
 * task, `ada` (a person) or `base` (the initial content); the known authors are the authors whose work the author had merged before,
 * separated by commas. The verification fails if a line starts with `bad-`, or if both authors of a clashing pair contributed and no
 * line has an author who knew both.
 */
export function isTreeGreen(
  repository: SimRepository,
  files: ReadonlyMap<string, string>,
): boolean {
  const authors = new Set<string>();
  const authorsKnownByLine: Set<string>[] = [];
  for (const line of files.values()) {
    if (line.startsWith('bad-')) return false;
    const [author = '', knownAuthors = ''] = line.split(':');
    const name = author.split('@')[0] ?? '';
    authors.add(name);
    if (knownAuthors !== '') authorsKnownByLine.push(new Set([name, ...knownAuthors.split(',')]));
  }
  return repository.clashes.every(
    ([a, b]) =>
      !authors.has(a) ||
      !authors.has(b) ||
      authorsKnownByLine.some((known) => known.has(a) && known.has(b)),
  );
}

/** Returns the authors whose work a tree contains, without `base`, the author of the initial content. */
export function listAuthors(files: ReadonlyMap<string, string>): string[] {
  const names = new Set<string>();
  for (const line of files.values()) {
    const name = line.split(':')[0]?.split('@')[0]?.replace(/^bad-/, '') ?? '';
    if (name !== 'base') names.add(name);
  }
  return [...names];
}

/** Returns the key under which an invocation records the time of its last read of the reviews of a pull request. */
export function toReviewsKey(number: number): string {
  return `reviews of #${number}`;
}

/** Adds a comment to a line of CHANGELOG.md, which many tasks change. */
export function addLineComment(pull: SimPull, authorCanWrite: boolean, at: number): void {
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
