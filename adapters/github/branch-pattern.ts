/**
 * Step of a match; the position of a match is the index of its next step. `anyPath` matches any characters, `anyText` any
 * characters except a slash. `optionalPath` consumes no character, and a match may continue after the next two steps instead of
 * with the next step.
 */
type PatternStep =
  | { readonly kind: 'anyPath' | 'anyText' | 'anyChar' | 'optionalPath' }
  | { readonly char: string }
  | { readonly accepts: (char: string) => boolean };

/** Special parts of a pattern: character sets, a whole segment `**` with its slash, runs of stars, and question marks. */
const WILDCARDS = /(\[[^\]]*\]|(?<![^/])\*\*\/|\*+|\?)/;

/**
 * Tells whether the pattern of a branch protection covers a branch name, by the rules that GitHub documents: `*`, `**` and `?`
 * match inside one path segment, and a whole segment `**` matches any number of segments. Follows all possible matches in
 * parallel, so that a match takes at most as many steps as the product of both lengths.
 */
export function branchMatchesPattern(pattern: string, name: string): boolean {
  const steps = pattern.split(WILDCARDS).flatMap(toSteps);
  let positions = addSkippablePositions(steps, [0]);
  for (const char of name) {
    positions = addSkippablePositions(
      steps,
      [...positions].flatMap((position) => listNextPositions(steps[position], position, char)),
    );
    if (positions.size === 0) return false;
  }
  return positions.has(steps.length);
}

function toSteps(part: string): readonly PatternStep[] {
  if (part === '**/') return [{ kind: 'optionalPath' }, { kind: 'anyPath' }, { char: '/' }];
  if (part.startsWith('*')) return [{ kind: 'anyText' }];
  if (part === '?') return [{ kind: 'anyChar' }];
  if (part.startsWith('[') && part.endsWith(']')) return [{ accepts: parseSet(part.slice(1, -1)) }];
  return [...part].map((char) => ({ char }));
}

/** Parses a character set. GitHub supports `[!...]` as the complement of a set, but not `[^...]`. */
function parseSet(content: string): (char: string) => boolean {
  if (content.startsWith('^')) return () => false;
  const isComplement = content.startsWith('!');
  const members = [...content.slice(isComplement ? 1 : 0).matchAll(/(.)-(.)|(.)/gsu)];
  return (char) =>
    isComplement !==
    members.some(([, first = '', last = '', single]) =>
      single === undefined
        ? (first <= char && char <= last) || char === first || char === last
        : single === char,
    );
}

/** Adds the positions that a match can reach without another character. */
function addSkippablePositions(
  steps: readonly PatternStep[],
  from: readonly number[],
): ReadonlySet<number> {
  const positions = new Set(from);
  // The loop also visits the positions that are added during the loop.
  for (const position of positions) {
    const step = steps[position];
    if (step === undefined || !('kind' in step) || step.kind === 'anyChar') continue;
    positions.add(position + 1);
    if (step.kind === 'optionalPath') positions.add(position + 3);
  }
  return positions;
}

function listNextPositions(
  step: PatternStep | undefined,
  position: number,
  char: string,
): number[] {
  if (step === undefined) return [];
  if ('char' in step) return step.char === char ? [position + 1] : [];
  if ('accepts' in step) return char !== '/' && step.accepts(char) ? [position + 1] : [];
  if (step.kind === 'anyPath') return [position];
  if (step.kind === 'optionalPath' || char === '/') return [];
  return [step.kind === 'anyText' ? position : position + 1];
}
