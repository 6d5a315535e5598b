type PatternStep =
  | { readonly kind: 'anyPath' | 'anyText' | 'anyChar' | 'optionalPath' }
  | { readonly char: string }
  | { readonly accepts: (char: string) => boolean };

/** Sets, whole `**` segments with their slash, runs of stars, and question marks. */
const WILDCARDS = /(\[[^\]]*\]|(?<![^/])\*\*\/|\*+|\?)/;

/**
 * Returns whether a pattern of a protection covers a branch name, as GitHub documents its patterns: `*`, `**` and `?` stay
 * inside a path segment; a whole segment of `**` stands for any number of segments. Follows every possible match at once, so
 * that no pattern of a foreign repository takes longer than its length times the length of the name.
 */
export function branchMatchesPattern(pattern: string, name: string): boolean {
  const steps = pattern.split(WILDCARDS).flatMap(toSteps);
  let places = skipEmptySteps(steps, [0]);
  for (const char of name) {
    places = skipEmptySteps(
      steps,
      [...places].flatMap((place) => consume(steps[place], place, char)),
    );
    if (places.size === 0) return false;
  }
  return places.has(steps.length);
}

function toSteps(part: string): readonly PatternStep[] {
  if (part === '**/') return [{ kind: 'optionalPath' }, { kind: 'anyPath' }, { char: '/' }];
  if (part.startsWith('*')) return [{ kind: 'anyText' }];
  if (part === '?') return [{ kind: 'anyChar' }];
  if (part.startsWith('[') && part.endsWith(']')) return [{ accepts: parseSet(part.slice(1, -1)) }];
  return [...part].map((char) => ({ char }));
}

/** GitHub knows `[!...]` as the complement of a set, and does not support `[^...]`. */
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

/** Adds the places that a match reaches without another character. */
function skipEmptySteps(
  steps: readonly PatternStep[],
  from: readonly number[],
): ReadonlySet<number> {
  const places = new Set(from);
  // The loop also visits places that it adds.
  for (const place of places) {
    const step = steps[place];
    if (step === undefined || !('kind' in step) || step.kind === 'anyChar') continue;
    places.add(place + 1);
    if (step.kind === 'optionalPath') places.add(place + 3);
  }
  return places;
}

function consume(step: PatternStep | undefined, place: number, char: string): number[] {
  if (step === undefined) return [];
  if ('char' in step) return step.char === char ? [place + 1] : [];
  if ('accepts' in step) return char !== '/' && step.accepts(char) ? [place + 1] : [];
  if (step.kind === 'anyPath') return [place];
  if (step.kind === 'optionalPath' || char === '/') return [];
  return [step.kind === 'anyText' ? place : place + 1];
}
