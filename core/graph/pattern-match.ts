import { GLOBSTAR, isLiteral, type Pattern } from './pattern.ts';
import { matchSegment, type Segment, segmentCovers, segmentsMeet } from './segment.ts';

/** `names`: the segments of a concrete path. */
export function matchPattern(pattern: Pattern, names: readonly string[]): boolean {
  const { segments, deep } = pattern;
  let at = 0;
  let globstar = -1;
  let globstarAt = 0;
  for (let name = 0; name <= names.length; ) {
    const segment = segments[at];
    const current = names[name];
    if (segment === undefined && (deep || current === undefined)) return true;
    if (segment === GLOBSTAR) {
      globstar = at++;
      globstarAt = name;
    } else if (current === undefined) {
      return false;
    } else if (segment !== undefined && matchSegment(segment, current)) {
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
export function patternsMeet(a: Pattern, b: Pattern): boolean {
  const fixed = Math.min(a.fixed, b.fixed);
  for (let at = 0; at < fixed; at++) {
    if (textOf(a.segments[at]) !== textOf(b.segments[at])) return false;
  }
  if (isLiteral(a) && a.fixed === fixed) return true;
  if (isLiteral(b) && b.fixed === fixed) return true;
  if (!reachesBelow(a) && !reachesBelow(b) && !lastNamesMeet(a, b)) return false;
  return walk(a, b, fixed, fixed, newMemory(a, b));
}

/** Whether everything in `part` is in `whole`; false also where that is only not seen. */
export function patternCovers(whole: Pattern, part: Pattern): boolean {
  return covers(whole, part, 0, 0, newMemory(whole, part));
}

function textOf(segment: Segment | typeof GLOBSTAR | undefined): string | undefined {
  return segment === undefined || segment === GLOBSTAR ? undefined : segment.text;
}

function reachesBelow(pattern: Pattern): boolean {
  return pattern.deep && !pattern.file;
}

function lastNamesMeet(a: Pattern, b: Pattern): boolean {
  const lastA = a.segments.at(-1);
  const lastB = b.segments.at(-1);
  if (lastA === undefined || lastB === undefined) return true;
  if (lastA === GLOBSTAR || lastB === GLOBSTAR) return true;
  return segmentsMeet(lastA, lastB);
}

/** Pairs of positions that were tried in vain; without it, globstars would be tried exponentially often. */
function newMemory(a: Pattern, b: Pattern): Uint8Array {
  return new Uint8Array((a.segments.length + 1) * (b.segments.length + 1));
}

function walk(a: Pattern, b: Pattern, i: number, j: number, tried: Uint8Array): boolean {
  const mine = a.segments[i];
  const other = b.segments[j];
  if (mine === undefined) return other === undefined || reachesBelow(a);
  if (other === undefined) return reachesBelow(b);
  if (mine !== GLOBSTAR && other !== GLOBSTAR) {
    return segmentsMeet(mine, other) && walk(a, b, i + 1, j + 1, tried);
  }
  const position = i * (b.segments.length + 1) + j;
  if (tried[position] === 1) return false;
  tried[position] = 1;
  const skipped = mine === GLOBSTAR ? walk(a, b, i + 1, j, tried) : walk(a, b, i, j + 1, tried);
  if (skipped) return true;
  return mine === GLOBSTAR ? walk(a, b, i, j + 1, tried) : walk(a, b, i + 1, j, tried);
}

function covers(whole: Pattern, part: Pattern, i: number, j: number, tried: Uint8Array): boolean {
  const mine = whole.segments[i];
  const other = part.segments[j];
  if (mine === undefined) return whole.deep || (other === undefined && !reachesBelow(part));
  if (mine === GLOBSTAR) {
    const position = i * (part.segments.length + 1) + j;
    if (tried[position] === 1) return false;
    tried[position] = 1;
    if (covers(whole, part, i + 1, j, tried)) return true;
    return other !== undefined && covers(whole, part, i, j + 1, tried);
  }
  if (other === undefined || other === GLOBSTAR) return false;
  return segmentCovers(mine, other) && covers(whole, part, i + 1, j + 1, tried);
}
