import type { Pattern } from './pattern.ts';
import { GLOBSTAR, isLiteral } from './pattern.ts';
import type { Segment } from './segment.ts';
import { segmentCovers, segmentMatches, segmentsOverlap } from './segment.ts';

/** `names`: the segments of a concrete path. */
export function patternMatches(pattern: Pattern, names: readonly string[]): boolean {
  const { segments, coversDescendants } = pattern;
  let at = 0;
  let globstar = -1;
  let globstarAt = 0;
  for (let name = 0; name <= names.length; ) {
    const segment = segments[at];
    const current = names[name];
    if (segment === undefined && (coversDescendants || current === undefined)) return true;
    if (segment === GLOBSTAR) {
      globstar = at++;
      globstarAt = name;
    } else if (current === undefined) {
      return false;
    } else if (segment !== undefined && segmentMatches(segment, current)) {
      at++;
      name++;
    } else if (globstar >= 0) {
      at = globstar + 1;
      name = ++globstarAt;
    } else {
      return false;
    }
  }
  return false;
}

/** Whether some path is in both; true also where they cannot be proved apart. */
export function patternsOverlap(a: Pattern, b: Pattern): boolean {
  const fixed = Math.min(a.fixedCount, b.fixedCount);
  for (let at = 0; at < fixed; at++) {
    if (getSegmentText(a.segments[at]) !== getSegmentText(b.segments[at])) return false;
  }
  if (isLiteral(a) && a.fixedCount === fixed) return true;
  if (isLiteral(b) && b.fixedCount === fixed) return true;
  if (!coversWholeTree(a) && !coversWholeTree(b) && !lastNamesOverlap(a, b)) return false;
  return remaindersOverlap(a, b, fixed, fixed, createTriedPositions(a, b));
}

/** Whether everything in `part` is in `whole`; false also where that is only not seen. */
export function patternCovers(whole: Pattern, part: Pattern): boolean {
  return remainderCovers(whole, part, 0, 0, createTriedPositions(whole, part));
}

function getSegmentText(segment: Segment | typeof GLOBSTAR | undefined): string | undefined {
  return segment === undefined || segment === GLOBSTAR ? undefined : segment.text;
}

function coversWholeTree(pattern: Pattern): boolean {
  return pattern.coversDescendants && !pattern.isFile;
}

function lastNamesOverlap(a: Pattern, b: Pattern): boolean {
  const lastA = a.segments.at(-1);
  const lastB = b.segments.at(-1);
  if (lastA === undefined || lastB === undefined) return true;
  if (lastA === GLOBSTAR || lastB === GLOBSTAR) return true;
  return segmentsOverlap(lastA, lastB);
}

/** Pairs of positions that were tried in vain; without it, globstars would be tried exponentially often. */
function createTriedPositions(a: Pattern, b: Pattern): Uint8Array {
  return new Uint8Array((a.segments.length + 1) * (b.segments.length + 1));
}

function remaindersOverlap(
  a: Pattern,
  b: Pattern,
  i: number,
  j: number,
  tried: Uint8Array,
): boolean {
  const mine = a.segments[i];
  const other = b.segments[j];
  if (mine === undefined) return other === undefined || coversWholeTree(a);
  if (other === undefined) return coversWholeTree(b);
  if (mine !== GLOBSTAR && other !== GLOBSTAR) {
    return segmentsOverlap(mine, other) && remaindersOverlap(a, b, i + 1, j + 1, tried);
  }
  const position = i * (b.segments.length + 1) + j;
  if (tried[position] === 1) return false;
  tried[position] = 1;
  const skipped =
    mine === GLOBSTAR
      ? remaindersOverlap(a, b, i + 1, j, tried)
      : remaindersOverlap(a, b, i, j + 1, tried);
  if (skipped) return true;
  return mine === GLOBSTAR
    ? remaindersOverlap(a, b, i, j + 1, tried)
    : remaindersOverlap(a, b, i + 1, j, tried);
}

function remainderCovers(
  whole: Pattern,
  part: Pattern,
  i: number,
  j: number,
  tried: Uint8Array,
): boolean {
  const mine = whole.segments[i];
  const other = part.segments[j];
  if (mine === undefined)
    return whole.coversDescendants || (other === undefined && !coversWholeTree(part));
  if (mine === GLOBSTAR) {
    const position = i * (part.segments.length + 1) + j;
    if (tried[position] === 1) return false;
    tried[position] = 1;
    if (remainderCovers(whole, part, i + 1, j, tried)) return true;
    return other !== undefined && remainderCovers(whole, part, i, j + 1, tried);
  }
  if (other === undefined || other === GLOBSTAR) return false;
  return segmentCovers(mine, other) && remainderCovers(whole, part, i + 1, j + 1, tried);
}
