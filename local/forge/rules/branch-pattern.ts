// GitHub matches the branch patterns of protections and rulesets with Ruby's `File.fnmatch` and the flag `FNM_PATHNAME`. Three
// forms differ from other glob dialects: a backslash does not escape, a set `[^...]` matches nothing, and `{a,b}` is plain text.

type Token =
  | { readonly kind: 'text'; readonly char: string }
  | { readonly kind: 'anyChar' }
  | { readonly kind: 'anyText' }
  | { readonly kind: 'set'; readonly negated: boolean; readonly ranges: readonly Range[] }
  | { readonly kind: 'nothing' };

/** First and last code point of a range, both included. */
type Range = readonly [number, number];

/** A path segment of a pattern; `anyFolders` stands for the segment `**` before a slash. */
type Segment = readonly Token[] | 'anyFolders';

/**
 * Returns whether a pattern covers a branch name. Wildcards do not match a slash, except that the segment `**` before a slash
 * matches any number of segments. Patterns come from untrusted repositories, so the run time is bounded by the length of the
 * pattern times the length of the name.
 */
export function matchesBranchPattern(pattern: string, branch: string): boolean {
  const branchSegments = branch.split('/').map((segment) => [...segment]);
  // Indexes in `branchSegments` at which the remaining pattern segments may start.
  let starts = new Set([0]);
  for (const segment of parseSegments(pattern)) {
    starts =
      segment === 'anyFolders'
        ? addLaterStarts(starts, branchSegments)
        : matchNextSegment(starts, segment, branchSegments);
    if (starts.size === 0) return false;
  }
  return starts.has(branchSegments.length);
}

/** Returns the lowest start and all later indexes in `branchSegments`. */
function addLaterStarts(
  starts: ReadonlySet<number>,
  branchSegments: readonly unknown[],
): Set<number> {
  const first = Math.min(...starts);
  return new Set([...branchSegments.keys()].filter((index) => index >= first));
}

/** Returns, for each branch segment at `starts` that matches the pattern segment, the index of the following branch segment. */
function matchNextSegment(
  starts: ReadonlySet<number>,
  segment: readonly Token[],
  branchSegments: readonly (readonly string[])[],
): Set<number> {
  const next = new Set<number>();
  for (const start of starts) {
    const chars = branchSegments[start];
    if (chars !== undefined && matchesSegment(segment, chars)) next.add(start + 1);
  }
  return next;
}

/**
 * Returns whether the tokens match all characters of a branch segment. After a mismatch, the last `*` is extended by one character and the match
 * continues from there. Earlier `*` need no other length: if the last `*` cannot match, no other length of an earlier `*`
 * helps.
 */
function matchesSegment(tokens: readonly Token[], chars: readonly string[]): boolean {
  let tokenIndex = 0;
  let charIndex = 0;
  let lastStar: { readonly nextToken: number; endIndex: number } | undefined;
  while (charIndex < chars.length || tokenIndex < tokens.length) {
    const token = tokens[tokenIndex];
    const char = chars[charIndex];
    if (token?.kind === 'anyText') {
      lastStar = { nextToken: tokenIndex + 1, endIndex: charIndex };
      tokenIndex += 1;
    } else if (token !== undefined && char !== undefined && acceptsChar(token, char)) {
      tokenIndex += 1;
      charIndex += 1;
    } else {
      if (lastStar === undefined || lastStar.endIndex >= chars.length) return false;
      lastStar.endIndex += 1;
      tokenIndex = lastStar.nextToken;
      charIndex = lastStar.endIndex;
    }
  }
  return true;
}

function acceptsChar(token: Token, char: string): boolean {
  if (token.kind === 'text') return token.char === char;
  if (token.kind === 'anyChar') return true;
  if (token.kind !== 'set') return false;
  const code = char.codePointAt(0) ?? 0;
  const isMember = token.ranges.some(([first, last]) => first <= code && code <= last);
  return isMember !== token.negated;
}

function parseSegments(pattern: string): Segment[] {
  const chars = [...pattern];
  const segments: Segment[] = [];
  let tokens: Token[] = [];
  let isSegmentStart = true;
  for (let index = 0; index < chars.length; ) {
    if (
      isSegmentStart &&
      chars[index] === '*' &&
      chars[index + 1] === '*' &&
      chars[index + 2] === '/'
    ) {
      segments.push('anyFolders');
      index += 3;
      continue;
    }
    isSegmentStart = chars[index] === '/';
    if (isSegmentStart) {
      segments.push(tokens);
      tokens = [];
      index += 1;
      continue;
    }
    const { token, end } = parseToken(chars, index);
    tokens.push(token);
    index = end;
  }
  return [...segments, tokens];
}

function parseToken(
  chars: readonly string[],
  index: number,
): { readonly token: Token; readonly end: number } {
  const char = chars[index] ?? '';
  if (char === '?') return { token: { kind: 'anyChar' }, end: index + 1 };
  if (char === '[') return parseSet(chars, index + 1);
  if (char !== '*') return { token: { kind: 'text', char }, end: index + 1 };
  let end = index + 1;
  while (chars[end] === '*') end += 1;
  return { token: { kind: 'anyText' }, end };
}

/**
 * Parses a set from the character after `[`. The first `]` ends the set. An unclosed set and a set with a leading `^` match
 * nothing.
 */
function parseSet(
  chars: readonly string[],
  start: number,
): { readonly token: Token; readonly end: number } {
  const close = chars.indexOf(']', start);
  if (close === -1) return { token: { kind: 'nothing' }, end: chars.length };
  if (chars[start] === '^') return { token: { kind: 'nothing' }, end: close + 1 };
  const negated = chars[start] === '!';
  const codes = chars
    .slice(negated ? start + 1 : start, close)
    .map((char) => char.codePointAt(0) ?? 0);
  return { token: { kind: 'set', negated, ranges: parseRanges(codes) }, end: close + 1 };
}

const DASH = 0x2d;

function parseRanges(codes: readonly number[]): Range[] {
  const ranges: Range[] = [];
  for (let index = 0; index < codes.length; index += 1) {
    const first = codes[index] ?? 0;
    const last = codes[index + 2];
    if (codes[index + 1] !== DASH || last === undefined) {
      ranges.push([first, first]);
      continue;
    }
    // Ruby also accepts the two ends of a reversed range, such as `c-a`.
    ranges.push([first, last], [first, first], [last, last]);
    index += 2;
  }
  return ranges;
}
