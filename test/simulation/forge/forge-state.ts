import type { Review, ReviewComment, Sha } from '../../../core/port/forge.ts';
import { CommitGraph } from './commit-graph.ts';

// The true state of a simulated forge. Reads may show an older state.

/** A pull request of the simulation; times are epoch milliseconds. */
export type SimPull = {
  readonly number: number;
  readonly title: string;
  readonly body: string;
  state: 'open' | 'closed' | 'merged';
  draft: boolean;
  readonly head: string;
  base: string;
  /** Head commit when the pull request was opened, or when it was closed or merged. */
  lastSha: Sha;
  mergeSha?: Sha;
  readonly labels: readonly string[];
  updatedAt: number;
  readonly author: string;
  /** Until the time `until`, reads show the old head commit `sha`. */
  lag?: { readonly until: number; readonly sha: Sha };
  /** Time from which the forge knows whether the pull request has conflicts. */
  mergeableKnownAt: number;
  /** Message of a rule that refuses the merge until the time `until`. */
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
  /** End time and result of the checks by commit. No entry: the commit has no checks. */
  readonly checks: Map<Sha, { readonly endsAt: number; readonly green: boolean }>;
  readonly hasChecks: boolean;
  /** Pairs of authors whose changes merge without a conflict, but fail verification together. */
  readonly clashes: readonly (readonly [string, string])[];
};

/** Originator of a change at the forge. The judge applies other rules to each kind. */
export type ForgeActor =
  | {
      readonly kind: 'engine';
      readonly invocation: number;
      /** Returns true if the invocation was frozen, so that its knowledge may be outdated. */
      readonly isLate: () => boolean;
      /** Returns the time when the invocation last read a branch; 0: never. */
      readonly readAt: (repo: string, branch: string) => number;
    }
  | { readonly kind: 'bridge'; readonly attempt: string }
  | { readonly kind: 'person' };

/** Creates a repository whose `main` has a single commit. `place` is the index of the repository and enters its commit ids. */
export function createSimRepository(
  name: string,
  place: number,
  options: Pick<SimRepository, 'hasChecks' | 'clashes'> & {
    readonly files: ReadonlyMap<string, string>;
  },
): SimRepository {
  const graph = new CommitGraph((0xc0 + place).toString(16));
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
 * Returns whether verification passes for a tree. The content of a file is `<author>@<attempt>:<known authors>`; the known
 * authors are separated by commas. Verification fails if a line starts with `bad-`, or if both authors of a clashing pair
 * contributed and no author of a line knew both.
 */
export function isTreeGreen(
  repository: SimRepository,
  files: ReadonlyMap<string, string>,
): boolean {
  const authors = new Set<string>();
  const knownTogether: Set<string>[] = [];
  for (const line of files.values()) {
    if (line.startsWith('bad-')) return false;
    const [author = '', knownAuthors = ''] = line.split(':');
    const name = author.split('@')[0] ?? '';
    authors.add(name);
    if (knownAuthors !== '') knownTogether.push(new Set([name, ...knownAuthors.split(',')]));
  }
  return repository.clashes.every(
    ([a, b]) =>
      !authors.has(a) ||
      !authors.has(b) ||
      knownTogether.some((known) => known.has(a) && known.has(b)),
  );
}

/** Returns the authors whose work a tree contains, without the initial content `base`. */
export function listAuthors(files: ReadonlyMap<string, string>): string[] {
  const names = new Set<string>();
  for (const line of files.values()) {
    const name = line.split(':')[0]?.split('@')[0]?.replace(/^bad-/, '') ?? '';
    if (name !== 'base') names.add(name);
  }
  return [...names];
}

/** Returns the key under which an invocation records when it last read the reviews of a pull request. */
export function toReviewsKey(number: number): string {
  return `reviews of #${number}`;
}
