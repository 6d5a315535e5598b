import type { Pattern } from '../scope/pattern.ts';
import type { PatternIndex } from '../scope/pattern-index.ts';
import { addPattern, createPatternIndex, findCandidates } from '../scope/pattern-index.ts';
import { patternsOverlap } from '../scope/pattern-match.ts';
import type { Ancestors } from './ancestors.ts';
import { addPredecessor, allComeBefore, comesBefore, restoreRow, saveRow } from './ancestors.ts';

// Finds the earlier tasks that a task must wait for because their scopes overlap. Tasks are placed one after the other, and each task is
// ordered after all placed tasks with an overlapping scope. Three facts keep the search fast:
// - Of all tasks with the same pattern, only the last must be compared, because the last task already follows the others.
// - A placed directory replaces earlier patterns below the directory: a later task that overlaps such a pattern also overlaps the
//   directory, and the task of the directory already follows the task of the pattern.
// - A task that already is a predecessor needs no comparison.

/** A pattern of a task, with the place of the task in the topological order. */
type PlacedPattern = { readonly pattern: Pattern; readonly place: number };

/** The placed patterns of a repository. */
export type PlacedPatterns = {
  readonly index: PatternIndex;
  /** All patterns, in the order in which their tasks were placed. */
  readonly sequence: PlacedPattern[];
  /** Index in `sequence` of the last entry with a pattern, by the pattern's key. */
  readonly lastIndexes: Map<string, number>;
  /** All placed tasks, as a row of bits. */
  readonly places: Uint32Array;
  /** Number of comparisons so far. */
  comparisons: number;
  readonly limits: SearchLimits;
};

/** Bounds of the search. */
export type SearchLimits = {
  /** Number of most recently placed patterns to compare before the search uses the index. */
  readonly recentPatterns: number;
  /**
   * Number of comparisons after which every candidate counts as overlapping. The resulting order is stricter than needed, but
   * is found in bounded time.
   */
  readonly maxComparisons: number;
};

const DEFAULT_LIMITS: SearchLimits = { recentPatterns: 32, maxComparisons: 5_000_000 };

/** Creates an empty collection of placed patterns for `taskCount` tasks. */
export function createPlacedPatterns(taskCount: number, limits = DEFAULT_LIMITS): PlacedPatterns {
  return {
    index: createPatternIndex({ keepsLastOnly: true }),
    sequence: [],
    lastIndexes: new Map(),
    places: new Uint32Array((taskCount + 31) >>> 5),
    comparisons: 0,
    limits,
  };
}

/**
 * Returns earlier places with an overlapping pattern, latest first. Places that are already predecessors, directly or
 * through a returned place, are omitted. The function does not change the predecessors in `ancestors`.
 */
export function findPredecessors(
  placed: PlacedPatterns,
  ancestors: Ancestors,
  patterns: readonly Pattern[],
  place: number,
): number[] {
  const saved = saveRow(ancestors, place);
  const overlapping: number[] = [];
  const addOverlapping = (other: number) => {
    overlapping.push(other);
    addPredecessor(ancestors, place, other);
  };
  const isBefore = (other: number) => comesBefore(ancestors, other, place);
  const allPlacesPrecede = () => allComeBefore(ancestors, placed.places, place);
  for (const pattern of patterns) {
    if (allPlacesPrecede()) break;
    if (searchRecent(placed, pattern, isBefore, addOverlapping) || allPlacesPrecede()) continue;
    searchIndex(placed, pattern, isBefore, addOverlapping);
  }
  restoreRow(ancestors, place, saved);
  return overlapping.sort((a, b) => b - a);
}

/**
 * Compares the most recently placed patterns, last pattern first, because the last task of a group of overlapping tasks already
 * has the others as predecessors. Returns true if the search reached an entry with the same pattern and is therefore complete:
 * every earlier task that overlaps with the pattern precedes the task of that entry.
 */
function searchRecent(
  { sequence, lastIndexes, comparisons, limits }: PlacedPatterns,
  pattern: Pattern,
  isBefore: (place: number) => boolean,
  addOverlapping: (place: number) => void,
): boolean {
  const samePatternIndex = lastIndexes.get(pattern.key) ?? -1;
  const start = Math.max(samePatternIndex, sequence.length - limits.recentPatterns, 0);
  for (let index = sequence.length - 1; index >= start; index--) {
    const entry = sequence[index];
    if (entry === undefined || isBefore(entry.place)) continue;
    if (comparisons > limits.maxComparisons || patternsOverlap(entry.pattern, pattern))
      addOverlapping(entry.place);
  }
  return samePatternIndex >= start;
}

function searchIndex(
  placed: PlacedPatterns,
  pattern: Pattern,
  isBefore: (place: number) => boolean,
  addOverlapping: (place: number) => void,
): void {
  findCandidates(placed.index, pattern, ({ pattern: other, places: [place = 0] }) => {
    if (isBefore(place)) return;
    const isLimitExceeded = ++placed.comparisons > placed.limits.maxComparisons;
    if (isLimitExceeded || patternsOverlap(other, pattern)) addOverlapping(place);
  });
}

/** Records the patterns of a place. Call after `findPredecessors`, when the resulting edges have been added. */
export function placePatterns(
  placed: PlacedPatterns,
  patterns: readonly Pattern[],
  place: number,
): void {
  for (const pattern of patterns) {
    placed.lastIndexes.set(pattern.key, placed.sequence.push({ pattern, place }) - 1);
    addPattern(placed.index, pattern, place);
  }
  placed.places[place >>> 5] = (placed.places[place >>> 5] ?? 0) | (1 << (place & 31));
}
