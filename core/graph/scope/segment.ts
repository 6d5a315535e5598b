// One path segment of a scope pattern. Matching never backtracks more than to the last `*`, so that no pattern, whoever
// wrote it, takes longer than its length times the path's.

export type CharacterClass = {
  readonly negated: boolean;
  /** Code points, both ends included. */
  readonly ranges: readonly (readonly [number, number])[];
  readonly text: string;
};

/** `*` any run, `?` any one, a class, or else that very character. */
export type Token = string | CharacterClass;

export type Segment = {
  readonly text: string;
  /** Undefined: nothing special, the text itself. */
  readonly tokens?: readonly Token[];
  /** With tokens: what every match begins and ends with, which settles most questions. */
  readonly head: string;
  readonly tail: string;
  /** One `*` between head and tail, and nothing else. */
  readonly simple: boolean;
};

/** `classes`: whether [abc] is a class, or four characters of a name as in routes/[id]. */
export function parseSegment(text: string, classes: boolean): Segment {
  const special = classes ? /[*?[]/ : /[*?]/;
  if (!special.test(text)) return { text, head: text, tail: text, simple: false };
  const tokens: Token[] = [];
  const characters = Array.from(text);
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? '';
    const close = classes && character === '[' ? characters.indexOf(']', at + 2) : -1;
    if (close > 0) {
      tokens.push(parseClass(characters.slice(at + 1, close)));
      at = close;
    } else if (character !== '*' || tokens.at(-1) !== '*') {
      tokens.push(character);
    }
  }
  return { text, tokens, ...findFixedEnds(tokens) };
}

function findFixedEnds(tokens: readonly Token[]): Pick<Segment, 'head' | 'tail' | 'simple'> {
  const plain = tokens.map((token) => typeof token === 'string' && token !== '*' && token !== '?');
  const first = plain.indexOf(false);
  const last = plain.lastIndexOf(false);
  return {
    head: tokens.slice(0, first).join(''),
    tail: tokens.slice(last + 1).join(''),
    simple: first === last && tokens[first] === '*',
  };
}

function parseClass(body: readonly string[]): CharacterClass {
  const negated = body[0] === '!' || body[0] === '^';
  const members = negated ? body.slice(1) : body;
  const ranges: [number, number][] = [];
  for (let at = 0; at < members.length; at++) {
    const low = getCodePoint(members[at]);
    const isRange = members[at + 1] === '-' && at + 2 < members.length;
    ranges.push([low, isRange ? getCodePoint(members[at + 2]) : low]);
    if (isRange) at += 2;
  }
  return { negated, ranges, text: body.join('') };
}

function getCodePoint(character: string | undefined): number {
  return character?.codePointAt(0) ?? 0;
}

function classContains(set: CharacterClass, character: string): boolean {
  const code = getCodePoint(character);
  return set.ranges.some(([low, high]) => low <= code && code <= high) !== set.negated;
}

export function segmentMatches(segment: Segment, name: string): boolean {
  const { tokens } = segment;
  if (tokens === undefined) return segment.text === name;
  if (!name.startsWith(segment.head) || !name.endsWith(segment.tail)) return false;
  if (segment.simple) return name.length >= segment.head.length + segment.tail.length;
  const characters = Array.from(name);
  let token = 0;
  let star = -1;
  let starAt = 0;
  for (let at = 0; at < characters.length; ) {
    if (tokens[token] === '*') {
      star = token++;
      starAt = at;
    } else if (tokenAcceptsCharacter(tokens[token], characters[at] ?? '')) {
      token++;
      at++;
    } else if (star >= 0) {
      token = star + 1;
      at = ++starAt;
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

/** Whether some name matches both. Two classes are taken to have a common member. */
export function segmentsOverlap(a: Segment, b: Segment): boolean {
  if (a.tokens === undefined) return segmentMatches(b, a.text);
  if (b.tokens === undefined) return segmentMatches(a, b.text);
  if (a.text === b.text) return true;
  if (!a.head.startsWith(b.head) && !b.head.startsWith(a.head)) return false;
  if (!a.tail.endsWith(b.tail) && !b.tail.endsWith(a.tail)) return false;
  if (a.simple && b.simple) return true;
  return tokenListsAgree(a.tokens, b.tokens, tokensOverlap, true);
}

/** Whether everything that `part` matches is matched by `whole`; false also where that is only not seen. */
export function segmentCovers(whole: Segment, part: Segment): boolean {
  if (part.tokens === undefined) return segmentMatches(whole, part.text);
  if (whole.tokens === undefined) return false;
  return tokenListsAgree(whole.tokens, part.tokens, tokenCovers, false);
}

/** `*` of the first swallows anything of the second; `mutual`: and the other way round. */
function tokenListsAgree(
  a: readonly Token[],
  b: readonly Token[],
  fits: (a: Token, b: Token) => boolean,
  mutual: boolean,
): boolean {
  // Row by row from the end: below[j] says whether the rest of a after this token and the rest of b from j agree.
  let below = new Array<boolean>(b.length + 1).fill(false);
  for (let i = a.length; i >= 0; i--) {
    const row = new Array<boolean>(b.length + 1).fill(false);
    for (let j = b.length; j >= 0; j--) {
      const mine = a[i];
      const other = b[j];
      if (mine === undefined && other === undefined) row[j] = true;
      else if (mine === '*') row[j] = below[j] === true || row[j + 1] === true;
      else if (mutual && other === '*') row[j] = row[j + 1] === true || below[j] === true;
      else if (mine !== undefined && other !== undefined)
        row[j] = below[j + 1] === true && fits(mine, other);
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
