type PatternStep =
  | { readonly kind: 'any' | 'within' | 'one' | 'optional' }
  | { readonly sign: string };

/**
 * Whether GitHub means a branch by a pattern of a protection or a ruleset: `*` and `?` stay inside a path segment, as a `**`
 * does; what `**` and a slash stand for may hold slashes, or be missing. Every way is followed at once, because anybody's
 * repository may be asked about: no pattern takes longer than its length times the name's.
 */
export function branchMatchesPattern(pattern: string, name: string): boolean {
  const steps = pattern.split(/(\*\*\/|\*+|\?)/).flatMap(parseSteps);
  let at = expandPlaces(steps, [0]);
  for (const sign of name) {
    at = expandPlaces(
      steps,
      [...at].flatMap((place) => advancePlace(steps[place], place, sign)),
    );
    if (at.size === 0) return false;
  }
  return at.has(steps.length);
}

function parseSteps(part: string): readonly PatternStep[] {
  if (part === '**/') return [{ kind: 'optional' }, { kind: 'any' }, { sign: '/' }];
  if (part.startsWith('*')) return [{ kind: 'within' }];
  if (part === '?') return [{ kind: 'one' }];
  return [...part].map((sign) => ({ sign }));
}

/** Where one can be without another sign of the name. */
function expandPlaces(steps: readonly PatternStep[], from: readonly number[]): ReadonlySet<number> {
  const places = new Set(from);
  // Whatever is added on the way is visited too.
  for (const place of places) {
    const step = steps[place];
    if (step === undefined || 'sign' in step || step.kind === 'one') continue;
    places.add(place + 1);
    if (step.kind === 'optional') places.add(place + 3);
  }
  return places;
}

function advancePlace(step: PatternStep | undefined, place: number, sign: string): number[] {
  if (step === undefined) return [];
  if ('sign' in step) return step.sign === sign ? [place + 1] : [];
  if (step.kind === 'any') return [place];
  if (step.kind === 'optional' || sign === '/') return [];
  return [step.kind === 'within' ? place : place + 1];
}
