import type { Review, ReviewComment, Sha } from '../../../core/port/forge.ts';
import { CommitGraph } from './commit-graph.ts';

// A forge's truth: what anybody outside could read there.

export type SimPull = {
  readonly number: number;
  readonly title: string;
  readonly body: string;
  state: 'open' | 'closed' | 'merged';
  draft: boolean;
  readonly head: string;
  base: string;
  /** Of the head when it was closed or merged. */
  lastSha: Sha;
  mergeSha?: Sha;
  readonly labels: readonly string[];
  updatedAt: number;
  readonly author: string;
  /** Until then the head that it shows is this one. */
  lag?: { readonly until: number; readonly sha: Sha };
  /** Before that the forge does not know whether it can be merged. */
  computedAt: number;
  /** A rule that refuses its merge for a while. */
  forbidden?: { readonly rule: string; readonly until: number };
  readonly reviews: Review[];
  readonly comments: ReviewComment[];
};

export type SimRepository = {
  readonly name: string;
  readonly graph: CommitGraph;
  readonly branches: Map<string, Sha>;
  readonly pulls: SimPull[];
  /** When checks of a commit end, and how; no entry: there are none. */
  readonly checks: Map<Sha, { readonly endsAt: number; readonly green: boolean }>;
  readonly hasChecks: boolean;
  /** Two changes that merge cleanly and do not work together. */
  readonly clashes: readonly (readonly [string, string])[];
};

/** Who does it: judged by what it may do. */
export type By =
  | {
      readonly kind: 'engine';
      readonly invocation: number;
      /** It has stood still for so long that what it knows is old. */
      readonly isLate: () => boolean;
      /** When it last read where this branch points. */
      readonly readAt: (repo: string, branch: string) => number;
    }
  | { readonly kind: 'bridge'; readonly attempt: string }
  | { readonly kind: 'person' };

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
 * What verify would say of a tree. A line of content is `<author>@<attempt>:<whose work its author had seen, by commas>`;
 * the work of two who clash is red together until somebody writes who has seen both, and `bad` work is red by itself.
 */
export function isGreen(repository: SimRepository, files: ReadonlyMap<string, string>): boolean {
  const authors = new Set<string>();
  const together: Set<string>[] = [];
  for (const line of files.values()) {
    if (line.startsWith('bad-')) return false;
    const [author = '', known = ''] = line.split(':');
    const name = author.split('@')[0] ?? '';
    authors.add(name);
    if (known !== '') together.push(new Set([name, ...known.split(',')]));
  }
  return repository.clashes.every(
    ([a, b]) =>
      !authors.has(a) || !authors.has(b) || together.some((seen) => seen.has(a) && seen.has(b)),
  );
}

/** Whose work is in a tree. */
export function authorsOf(files: ReadonlyMap<string, string>): string[] {
  const names = new Set<string>();
  for (const line of files.values()) {
    const name = line.split(':')[0]?.split('@')[0]?.replace(/^bad-/, '') ?? '';
    if (name !== 'base') names.add(name);
  }
  return [...names];
}

/** Under which name it is kept when a worker read them last. */
export function reviewsOf(number: number): string {
  return `reviews of #${number}`;
}
