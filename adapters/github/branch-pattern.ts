/**
 * Step of a pattern. `any` matches any characters, `segment` any characters except a slash, `single` one character except a
 * slash. `optional` allows the matcher to skip the two steps that follow.
 */
type PatternStep =
  | { readonly kind: 'any' | 'segment' | 'single' | 'optional' }
  | { readonly character: string };

/**
 * Matches a branch name with a pattern of a GitHub ruleset or branch protection. `*`, `?` and a `**` without a slash match inside
 * one path segment; `**` with a slash matches any number of segments, also none. The matcher follows all alternatives at the same
 * time, so that its time is at most the length of the pattern times the length of the name, also for a malicious pattern.
 */
export function branchMatchesPattern(pattern: string, name: string): boolean {
  const steps = pattern.split(/(\*\*\/|\*+|\?)/).flatMap(parseSteps);
  let positions = expandPositions(steps, [0]);
  for (const character of name) {
    positions = expandPositions(
      steps,
      [...positions].flatMap((position) => advancePosition(steps[position], position, character)),
    );
    if (positions.size === 0) return false;
  }
  return positions.has(steps.length);
}

function parseSteps(part: string): readonly PatternStep[] {
  if (part === '**/') return [{ kind: 'optional' }, { kind: 'any' }, { character: '/' }];
  if (part.startsWith('*')) return [{ kind: 'segment' }];
  if (part === '?') return [{ kind: 'single' }];
  return [...part].map((character) => ({ character }));
}

/** Adds the positions that the matcher can reach without a further character. */
function expandPositions(
  steps: readonly PatternStep[],
  from: readonly number[],
): ReadonlySet<number> {
  const positions = new Set(from);
  // The loop also visits positions that are added during the loop.
  for (const position of positions) {
    const step = steps[position];
    if (step === undefined || 'character' in step || step.kind === 'single') continue;
    positions.add(position + 1);
    if (step.kind === 'optional') positions.add(position + 3);
  }
  return positions;
}

function advancePosition(
  step: PatternStep | undefined,
  position: number,
  character: string,
): number[] {
  if (step === undefined) return [];
  if ('character' in step) return step.character === character ? [position + 1] : [];
  if (step.kind === 'any') return [position];
  if (step.kind === 'optional' || character === '/') return [];
  return [step.kind === 'segment' ? position : position + 1];
}
