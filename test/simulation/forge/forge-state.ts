import type { Review, ReviewComment, Sha } from '../../../core/port/forge.ts';
import { CommitGraph } from './commit-graph.ts';

// The state of a simulated forge, without the lag of its answers.

/** A pull request of the simulation. */
export type SimPull = {
  readonly number: number;
  readonly title: string;
  readonly body: string;
  state: 'open' | 'closed' | 'merged';
  draft: boolean;
  readonly head: string;
  base: string;
  /** Head commit at the time of closing or merging. */
  lastSha: Sha;
  mergeSha?: Sha;
  readonly labels: readonly string[];
  updatedAt: number;
  readonly author: string;
  /** Reads show this old head commit until a time. */
  lag?: { readonly until: number; readonly sha: Sha };
  /** Time from which the forge knows whether the pull request can be merged. */
  computedAt: number;
  /** A rule that refuses the merge until a time. */
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
  /** End and result of a commit's checks. No entry: the commit has no checks. */
  readonly checks: Map<Sha, { readonly endsAt: number; readonly green: boolean }>;
  readonly hasChecks: boolean;
  /** Pairs of authors whose changes merge cleanly and break each other. */
  readonly clashes: readonly (readonly [string, string])[];
};

/** The actor of a change; the judge applies the rules of its kind. */
export type By =
  | {
      readonly kind: 'engine';
      readonly invocation: number;
      /** True: the invocation was frozen, so its knowledge may be old. */
      readonly isLate: () => boolean;
      /** Time of the last read of a branch; 0: never read. */
      readonly readAt: (repo: string, branch: string) => number;
    }
  | { readonly kind: 'bridge'; readonly attempt: string }
  | { readonly kind: 'person' };

/** Creates a repository whose `main` has one commit. `place` distinguishes the commits of repositories. */
export function newRepository(
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
 * Returns whether verification passes for a tree. A line of content is `<author>@<attempt>:<authors seen, by commas>`. The
 * work of a clashing pair fails until a line is written by an author who saw both. Work that starts with `bad-` fails alone.
 */
export function isGreen(repository: SimRepository, files: ReadonlyMap<string, string>): boolean {
  const authors = new Set<string>();
  const seenTogether: Set<string>[] = [];
  for (const line of files.values()) {
    if (line.startsWith('bad-')) return false;
    const [author = '', known = ''] = line.split(':');
    const name = author.split('@')[0] ?? '';
    authors.add(name);
    if (known !== '') seenTogether.push(new Set([name, ...known.split(',')]));
  }
  return repository.clashes.every(
    ([a, b]) =>
      !authors.has(a) || !authors.has(b) || seenTogether.some((seen) => seen.has(a) && seen.has(b)),
  );
}

/** Returns the authors of the lines in a tree. */
export function authorsOf(files: ReadonlyMap<string, string>): string[] {
  const names = new Set<string>();
  for (const line of files.values()) {
    const name = line.split(':')[0]?.split('@')[0]?.replace(/^bad-/, '') ?? '';
    if (name !== 'base') names.add(name);
  }
  return [...names];
}

/** Returns the key under which an invocation records its last read of reviews. */
export function reviewsOf(number: number): string {
  return `reviews of #${number}`;
}
