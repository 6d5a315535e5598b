import type { Pattern } from './pattern.ts';
import { GLOBSTAR, isLiteral } from './pattern.ts';
import type { Segment } from './segment.ts';
import { segmentCovers, segmentMatches, segmentsOverlap } from './segment.ts';

/** Tells whether a pattern matches a path; `names` are the parts of the path between slashes. */
export function patternMatches(pattern: Pattern, names: readonly string[]): boolean {
  const { segments, coversDescendants } = pattern;
  let segmentIndex = 0;
  // After a mismatch, matching resumes after the last globstar, which then covers one more name.
  let globstarIndex = -1;
  let globstarNameIndex = 0;
  for (let nameIndex = 0; nameIndex <= names.length; ) {
    const segment = segments[segmentIndex];
    const current = names[nameIndex];
    if (segment === undefined && (coversDescendants || current === undefined)) return true;
    if (segment === GLOBSTAR) {
      globstarIndex = segmentIndex++;
      globstarNameIndex = nameIndex;
    } else if (current === undefined) {
      return false;
    } else if (segment !== undefined && segmentMatches(segment, current)) {
      segmentIndex++;
      nameIndex++;
    } else if (globstarIndex >= 0) {
      segmentIndex = globstarIndex + 1;
      nameIndex = ++globstarNameIndex;
    } else {
      return false;
    }
  }
  return false;
}

/** Tells whether a path could match both patterns; returns true if the check cannot exclude such a path. */
export function patternsOverlap(a: Pattern, b: Pattern): boolean {
  const fixedCount = Math.min(a.fixedCount, b.fixedCount);
  for (let index = 0; index < fixedCount; index++) {
    if (getSegmentText(a.segments[index]) !== getSegmentText(b.segments[index])) return false;
  }
  if (isLiteral(a) && a.fixedCount === fixedCount) return true;
  if (isLiteral(b) && b.fixedCount === fixedCount) return true;
  if (!matchesPathsBelow(a) && !matchesPathsBelow(b) && !lastNamesOverlap(a, b)) return false;
  return remaindersOverlap(a, b, fixedCount, fixedCount, createTriedPositions(a, b));
}

/** Tells whether `whole` matches every path that `part` matches; returns false if the check cannot decide. */
export function patternCovers(whole: Pattern, part: Pattern): boolean {
  return remainderCovers(whole, part, 0, 0, createTriedPositions(whole, part));
}

function getSegmentText(segment: Segment | typeof GLOBSTAR | undefined): string | undefined {
  return segment === undefined || segment === GLOBSTAR ? undefined : segment.text;
}

/** Tells whether the pattern matches paths below its last segment; no path lies below a plain file. */
function matchesPathsBelow(pattern: Pattern): boolean {
  return pattern.coversDescendants && !pattern.isFile;
}

function lastNamesOverlap(a: Pattern, b: Pattern): boolean {
  const lastA = a.segments.at(-1);
  const lastB = b.segments.at(-1);
  if (lastA === undefined || lastB === undefined) return true;
  if (lastA === GLOBSTAR || lastB === GLOBSTAR) return true;
  return segmentsOverlap(lastA, lastB);
}

/** Creates a table of the pairs of positions already compared; without the table, globstars would take exponential time. */
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
  const segmentA = a.segments[i];
  const segmentB = b.segments[j];
  if (segmentA === undefined) return segmentB === undefined || matchesPathsBelow(a);
  if (segmentB === undefined) return matchesPathsBelow(b);
  if (segmentA !== GLOBSTAR && segmentB !== GLOBSTAR) {
    return segmentsOverlap(segmentA, segmentB) && remaindersOverlap(a, b, i + 1, j + 1, tried);
  }
  const position = i * (b.segments.length + 1) + j;
  if (tried[position] === 1) return false;
  tried[position] = 1;
  const skipped =
    segmentA === GLOBSTAR
      ? remaindersOverlap(a, b, i + 1, j, tried)
      : remaindersOverlap(a, b, i, j + 1, tried);
  if (skipped) return true;
  return segmentA === GLOBSTAR
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
  const segment = whole.segments[i];
  const partSegment = part.segments[j];
  if (segment === undefined)
    return whole.coversDescendants || (partSegment === undefined && !matchesPathsBelow(part));
  if (segment === GLOBSTAR) {
    const position = i * (part.segments.length + 1) + j;
    if (tried[position] === 1) return false;
    tried[position] = 1;
    if (remainderCovers(whole, part, i + 1, j, tried)) return true;
    return partSegment !== undefined && remainderCovers(whole, part, i, j + 1, tried);
  }
  if (partSegment === undefined || partSegment === GLOBSTAR) return false;
  return segmentCovers(segment, partSegment) && remainderCovers(whole, part, i + 1, j + 1, tried);
}
