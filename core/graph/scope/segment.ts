// A segment of a pattern: the part between two slashes. Matching backtracks only to the last `*`, so the time is at most
// proportional to the length of the segment times the length of the name.

/** A character class such as [a-z] or [!0-9]. */
export type CharacterClass = {
  readonly isNegated: boolean;
  /** Ranges of code points, both ends included. */
  readonly ranges: readonly (readonly [number, number])[];
  readonly text: string;
};

/** A part of a segment. `*` matches any text, `?` any character, a class its members, any other character only itself. */
export type Token = string | CharacterClass;

/** A compiled segment. */
export type Segment = {
  readonly text: string;
  /** Absent for a plain name. */
  readonly tokens?: readonly Token[];
  /** Beginning of every match. Comparing prefix and suffix first decides most matches without the tokens. */
  readonly prefix: string;
  /** End of every match. */
  readonly suffix: string;
  /** True if a single `*` stands between prefix and suffix. */
  readonly isSingleStar: boolean;
};

/** Parses a segment. Unless `bracketsAreClasses`, brackets are plain characters, as in routes/[id]. */
export function parseSegment(text: string, bracketsAreClasses: boolean): Segment {
  const special = bracketsAreClasses ? /[*?[]/ : /[*?]/;
  if (!special.test(text)) return { text, prefix: text, suffix: text, isSingleStar: false };
  const tokens: Token[] = [];
  const characters = Array.from(text);
  for (let index = 0; index < characters.length; index++) {
    const character = characters[index] ?? '';
    const close = bracketsAreClasses && character === '[' ? characters.indexOf(']', index + 2) : -1;
    if (close > 0) {
      tokens.push(parseClass(characters.slice(index + 1, close)));
      index = close;
    } else if (character !== '*' || tokens.at(-1) !== '*') {
      tokens.push(character);
    }
  }
  return { text, tokens, ...findFixedEnds(tokens) };
}

function findFixedEnds(
  tokens: readonly Token[],
): Pick<Segment, 'prefix' | 'suffix' | 'isSingleStar'> {
  const isPlain = tokens.map(
    (token) => typeof token === 'string' && token !== '*' && token !== '?',
  );
  const firstWildcard = isPlain.indexOf(false);
  const lastWildcard = isPlain.lastIndexOf(false);
  return {
    prefix: tokens.slice(0, firstWildcard).join(''),
    suffix: tokens.slice(lastWildcard + 1).join(''),
    isSingleStar: firstWildcard === lastWildcard && tokens[firstWildcard] === '*',
  };
}

function parseClass(body: readonly string[]): CharacterClass {
  const isNegated = body[0] === '!' || body[0] === '^';
  const members = isNegated ? body.slice(1) : body;
  const ranges: [number, number][] = [];
  for (let index = 0; index < members.length; index++) {
    const low = getCodePoint(members[index]);
    const isRange = members[index + 1] === '-' && index + 2 < members.length;
    ranges.push([low, isRange ? getCodePoint(members[index + 2]) : low]);
    if (isRange) index += 2;
  }
  return { isNegated, ranges, text: body.join('') };
}

function getCodePoint(character: string | undefined): number {
  return character?.codePointAt(0) ?? 0;
}

function classContains(characterClass: CharacterClass, character: string): boolean {
  const code = getCodePoint(character);
  const isInRange = characterClass.ranges.some(([low, high]) => low <= code && code <= high);
  return isInRange !== characterClass.isNegated;
}

/** Tells whether a segment matches a name. */
export function segmentMatches(segment: Segment, name: string): boolean {
  const { tokens } = segment;
  if (tokens === undefined) return segment.text === name;
  if (!name.startsWith(segment.prefix) || !name.endsWith(segment.suffix)) return false;
  if (segment.isSingleStar) return name.length >= segment.prefix.length + segment.suffix.length;
  const characters = Array.from(name);
  let token = 0;
  // After a mismatch, matching resumes after the last star, which then covers one more character.
  let star = -1;
  let starCharacter = 0;
  for (let index = 0; index < characters.length; ) {
    if (tokens[token] === '*') {
      star = token++;
      starCharacter = index;
    } else if (tokenAcceptsCharacter(tokens[token], characters[index] ?? '')) {
      token++;
      index++;
    } else if (star >= 0) {
      token = star + 1;
      index = ++starCharacter;
    } else {
      return false;
    }
  }
  while (tokens[token] === '*') token++;
  return token === tokens.length;
}

function tokenAcceptsCharacter(token: Token | undefined, character: string): boolean {
  if (token === undefined) return false;
  if (typeof token !== 'string') return classContains(token, character);
  return token === '?' || token === character;
}

/** Tells whether a name can match both segments; two classes always count as overlapping. */
export function segmentsOverlap(a: Segment, b: Segment): boolean {
  if (a.tokens === undefined) return segmentMatches(b, a.text);
  if (b.tokens === undefined) return segmentMatches(a, b.text);
  if (a.text === b.text) return true;
  if (!a.prefix.startsWith(b.prefix) && !b.prefix.startsWith(a.prefix)) return false;
  if (!a.suffix.endsWith(b.suffix) && !b.suffix.endsWith(a.suffix)) return false;
  if (a.isSingleStar && b.isSingleStar) return true;
  return tokenListsMatch(a.tokens, b.tokens, tokensOverlap, true);
}

/** Tells whether `whole` matches every match of `part`; false if the check cannot confirm the cover. */
export function segmentCovers(whole: Segment, part: Segment): boolean {
  if (part.tokens === undefined) return segmentMatches(whole, part.text);
  if (whole.tokens === undefined) return false;
  return tokenListsMatch(whole.tokens, part.tokens, tokenCovers, false);
}

/** Compares two token lists. A `*` in `a` matches any tokens of `b`; if `isMutual`, a `*` in `b` also matches any tokens of `a`. */
function tokenListsMatch(
  a: readonly Token[],
  b: readonly Token[],
  accepts: (a: Token, b: Token) => boolean,
  isMutual: boolean,
): boolean {
  // Computed from the end: row[j] tells whether a.slice(i) matches b.slice(j); `below` is the row of i + 1.
  let below = new Array<boolean>(b.length + 1).fill(false);
  for (let i = a.length; i >= 0; i--) {
    const row = new Array<boolean>(b.length + 1).fill(false);
    for (let j = b.length; j >= 0; j--) {
      const tokenA = a[i];
      const tokenB = b[j];
      if (tokenA === undefined && tokenB === undefined) row[j] = true;
      else if (tokenA === '*') row[j] = below[j] === true || row[j + 1] === true;
      else if (isMutual && tokenB === '*') row[j] = row[j + 1] === true || below[j] === true;
      else if (tokenA !== undefined && tokenB !== undefined)
        row[j] = below[j + 1] === true && accepts(tokenA, tokenB);
    }
    below = row;
  }
  return below[0] === true;
}

function tokensOverlap(a: Token, b: Token): boolean {
  if (a === '?' || b === '?') return true;
  if (typeof a === 'string') return tokenAcceptsCharacter(b, a);
  return typeof b !== 'string' || classContains(a, b);
}

function tokenCovers(whole: Token, part: Token): boolean {
  if (part === '*') return false;
  if (whole === '?') return true;
  if (part === '?') return false;
  if (typeof part === 'string') return tokenAcceptsCharacter(whole, part);
  return typeof whole !== 'string' && whole.text === part.text;
}
