import type { Pattern } from '../scope/pattern.ts';
import type { PatternIndex } from '../scope/pattern-index.ts';
import { addPattern, createPatternIndex, findCandidates } from '../scope/pattern-index.ts';
import { patternsOverlap } from '../scope/pattern-match.ts';
import type { Ancestors } from './ancestors.ts';
import { addPredecessor, allComeBefore, comesBefore, restoreRow, saveRow } from './ancestors.ts';

// Whom a task has to wait on because their scopes meet. Tasks are placed one after the other, each behind all that it meets.
// From this follows what makes it fast: of each pattern only the last holder counts, as the earlier ones come before it; the
// same for what lay below a directory that was named later; and whoever is before a task already need not be compared.

/** A holder's place and one of its patterns. */
type PlacedPattern = { readonly pattern: Pattern; readonly place: number };

export type Ordering = {
  readonly index: PatternIndex;
  readonly log: PlacedPattern[];
  /** Where in the log a pattern came last, by its key. */
  readonly lastLogged: Map<string, number>;
  /** Bits of all places. */
  readonly places: Uint32Array;
  comparisons: number;
  readonly limits: OrderingLimits;
};

export type OrderingLimits = {
  /** How many of the latest are compared one by one before the index is asked. */
  readonly recent: number;
  /** Beyond this, what is found is taken to meet: the order gets stricter than needed, and the time stays bounded. */
  readonly comparisons: number;
};

const DEFAULT_LIMITS: OrderingLimits = { recent: 32, comparisons: 5_000_000 };

export function createOrdering(size: number, limits = DEFAULT_LIMITS): Ordering {
  return {
    index: createPatternIndex(true),
    log: [],
    lastLogged: new Map(),
    places: new Uint32Array((size + 31) >>> 5),
    comparisons: 0,
    limits,
  };
}

/**
 * Earlier places that meet one of the patterns, latest first; those are left out that are known to be before. Changes nothing.
 */
export function findPredecessors(
  ordering: Ordering,
  ancestors: Ancestors,
  patterns: readonly Pattern[],
  place: number,
): number[] {
  const saved = saveRow(ancestors, place);
  const met: number[] = [];
  const take = (other: number) => {
    met.push(other);
    addPredecessor(ancestors, place, other);
  };
  const isBefore = (other: number) => comesBefore(ancestors, other, place);
  const isDone = () => allComeBefore(ancestors, ordering.places, place);
  for (const pattern of patterns) {
    if (isDone()) break;
    if (searchRecent(ordering, pattern, isBefore, take) || isDone()) continue;
    searchIndex(ordering, pattern, isBefore, take);
  }
  restoreRow(ancestors, place, saved);
  return met.sort((a, b) => b - a);
}

/**
 * The latest first: in a group of tasks that all meet, it brings the others along. True: there is nothing further, since the
 * same pattern was found, and whoever came before its last holder and meets it is before that holder.
 */
function searchRecent(
  { log, lastLogged, comparisons, limits }: Ordering,
  pattern: Pattern,
  isBefore: (place: number) => boolean,
  take: (place: number) => void,
): boolean {
  const same = lastLogged.get(pattern.key) ?? -1;
  const from = Math.max(same, log.length - limits.recent, 0);
  for (let at = log.length - 1; at >= from; at--) {
    const entry = log[at];
    if (entry === undefined || isBefore(entry.place)) continue;
    if (comparisons > limits.comparisons || patternsOverlap(entry.pattern, pattern))
      take(entry.place);
  }
  return same >= from;
}

function searchIndex(
  ordering: Ordering,
  pattern: Pattern,
  isBefore: (place: number) => boolean,
  take: (place: number) => void,
): void {
  findCandidates(ordering.index, pattern, ({ pattern: other, holders: [place = 0] }) => {
    if (isBefore(place)) return;
    const tooMany = ++ordering.comparisons > ordering.limits.comparisons;
    if (tooMany || patternsOverlap(other, pattern)) take(place);
  });
}

/** After `findBefore` and after the edges that it asked for were added. */
export function placePatterns(
  ordering: Ordering,
  patterns: readonly Pattern[],
  place: number,
): void {
  for (const pattern of patterns) {
    ordering.lastLogged.set(pattern.key, ordering.log.push({ pattern, place }) - 1);
    addPattern(ordering.index, pattern, place);
  }
  ordering.places[place >>> 5] = (ordering.places[place >>> 5] ?? 0) | (1 << (place & 31));
}
