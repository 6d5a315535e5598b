import {
  type Ancestors,
  addBefore,
  allComeBefore,
  comesBefore,
  restoreRow,
  saveRow,
} from './ancestors.ts';
import type { Pattern } from './pattern.ts';
import {
  addPattern,
  createPatternIndex,
  findCandidates,
  type PatternIndex,
} from './pattern-index.ts';
import { patternsMeet } from './pattern-match.ts';

// Whom a task has to wait on because their scopes meet. Tasks are placed one after the other, each behind all that it meets.
// From this follows what makes it fast: of each pattern only the last holder counts, as the earlier ones come before it; the
// same for what lay below a directory that was named later; and whoever is before a task already need not be compared.

/** A holder's place and one of its patterns. */
type Placed = { readonly pattern: Pattern; readonly place: number };

export type Ordering = {
  readonly index: PatternIndex;
  readonly log: Placed[];
  /** Where in the log a pattern came last, by its key. */
  readonly lastLogged: Map<string, number>;
  /** Bits of all places. */
  readonly places: Uint32Array;
};

/** How many of the latest are compared one by one before the index is asked. */
const RECENT = 200;

export function createOrdering(size: number): Ordering {
  return {
    index: createPatternIndex(true),
    log: [],
    lastLogged: new Map(),
    places: new Uint32Array((size + 31) >>> 5),
  };
}

/**
 * Earlier places that meet one of the patterns, latest first; those are left out that are known to be before. Changes nothing.
 */
export function findBefore(
  ordering: Ordering,
  ancestors: Ancestors,
  patterns: readonly Pattern[],
  place: number,
): number[] {
  const saved = saveRow(ancestors, place);
  const met: number[] = [];
  for (const pattern of patterns) {
    if (allComeBefore(ancestors, ordering.places, place)) break;
    searchPattern(ordering, pattern, (other, meeting) => {
      if (comesBefore(ancestors, other, place) || !patternsMeet(meeting, pattern)) return;
      met.push(other);
      addBefore(ancestors, place, other);
    });
  }
  restoreRow(ancestors, place, saved);
  return met.sort((a, b) => b - a);
}

/** The latest first: in a group of tasks that all meet, it brings the others along. */
function searchPattern(
  ordering: Ordering,
  pattern: Pattern,
  visit: (place: number, pattern: Pattern) => void,
): void {
  const { log } = ordering;
  // Whatever came before the last holder of the same pattern is before that holder, if it meets the pattern at all.
  const same = ordering.lastLogged.get(pattern.key) ?? -1;
  const from = Math.max(same, log.length - RECENT, 0);
  for (let at = log.length - 1; at >= from; at--) {
    const entry = log[at];
    if (entry !== undefined) visit(entry.place, entry.pattern);
  }
  if (same >= from) return;
  findCandidates(ordering.index, pattern, (entry) => visit(entry.holders[0] ?? 0, entry.pattern));
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
