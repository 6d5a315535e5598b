// GitHub matches branch patterns of protections and rulesets with Ruby's `File.fnmatch` under `FNM_PATHNAME`. GitHub's
// documentation excludes three forms: a backslash does not escape, `[^...]` does not negate a set, and `{a,b}` is plain text.

type Token =
  | { readonly kind: 'text'; readonly char: string }
  | { readonly kind: 'anyChar' }
  | { readonly kind: 'anyText' }
  | { readonly kind: 'set'; readonly negated: boolean; readonly ranges: readonly Range[] }
  | { readonly kind: 'nothing' };

/** First and last code point, both included. */
type Range = readonly [number, number];

/** A path segment of a pattern; `anyFolders` stands for a whole segment of two stars before a slash. */
type Segment = readonly Token[] | 'anyFolders';

/**
 * Returns whether a pattern covers a branch name. Wildcards do not match a slash, except a whole segment of two stars before
 * a slash, which matches any number of segments. The run time is at most proportional to pattern length times name length, because patterns
 * come from untrusted repositories.
 */
export function matchesBranchPattern(pattern: string, branch: string): boolean {
  const names = branch.split('/').map((name) => [...name]);
  // Indexes of the segments at which the rest of the pattern may continue.
  let starts = new Set([0]);
  for (const segment of parseSegments(pattern)) {
    starts =
      segment === 'anyFolders'
        ? addLaterStarts(starts, names)
        : matchNextSegment(starts, segment, names);
    if (starts.size === 0) return false;
  }
  return starts.has(names.length);
}

/** Returns every segment index from the lowest start. */
function addLaterStarts(starts: ReadonlySet<number>, names: readonly unknown[]): Set<number> {
  const first = Math.min(...starts);
  return new Set([...names.keys()].filter((position) => position >= first));
}

/** Returns the indexes after the segments at `starts` that match. */
function matchNextSegment(
  starts: ReadonlySet<number>,
  segment: readonly Token[],
  names: readonly (readonly string[])[],
): Set<number> {
  const next = new Set<number>();
  for (const start of starts) {
    const name = names[start];
    if (name !== undefined && matchesSegment(segment, name)) next.add(start + 1);
  }
  return next;
}

/**
 * Returns whether tokens match a whole segment. After a mismatch only the last `*` takes one more character: if no length of
 * the last `*` matches, no other length of an earlier `*` matches either.
 */
function matchesSegment(tokens: readonly Token[], name: readonly string[]): boolean {
  let token = 0;
  let position = 0;
  let retry: { readonly token: number; position: number } | undefined;
  while (position < name.length || token < tokens.length) {
    const current = tokens[token];
    const char = name[position];
    if (current?.kind === 'anyText') {
      retry = { token: token + 1, position };
      token += 1;
    } else if (current !== undefined && char !== undefined && acceptsChar(current, char)) {
      token += 1;
      position += 1;
    } else {
      if (retry === undefined || retry.position >= name.length) return false;
      retry.position += 1;
      token = retry.token;
      position = retry.position;
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
  for (let at = 0; at < chars.length; ) {
    if (isSegmentStart && chars[at] === '*' && chars[at + 1] === '*' && chars[at + 2] === '/') {
      segments.push('anyFolders');
      at += 3;
      continue;
    }
    isSegmentStart = chars[at] === '/';
    if (isSegmentStart) {
      segments.push(tokens);
      tokens = [];
      at += 1;
      continue;
    }
    const { token, end } = parseToken(chars, at);
    tokens.push(token);
    at = end;
  }
  return [...segments, tokens];
}

function parseToken(
  chars: readonly string[],
  at: number,
): { readonly token: Token; readonly end: number } {
  const char = chars[at] ?? '';
  if (char === '?') return { token: { kind: 'anyChar' }, end: at + 1 };
  if (char === '[') return parseSet(chars, at + 1);
  if (char !== '*') return { token: { kind: 'text', char }, end: at + 1 };
  let end = at + 1;
  while (chars[end] === '*') end += 1;
  return { token: { kind: 'anyText' }, end };
}

/** Parses a set from the character after `[`. The first `]` ends the set. An unclosed set and a set with a leading `^` match nothing. */
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
  for (let at = 0; at < codes.length; at += 1) {
    const first = codes[at] ?? 0;
    const last = codes[at + 2];
    if (codes[at + 1] !== DASH || last === undefined) {
      ranges.push([first, first]);
      continue;
    }
    // Ruby also accepts the two ends of a reversed range, such as `c-a`.
    ranges.push([first, last], [first, first], [last, last]);
    at += 2;
  }
  return ranges;
}
