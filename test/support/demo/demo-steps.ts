import type { DemoProcess } from './demo-process.ts';

// How far a demo is, by what it prints. It may print a state late or never, above all after a blow: whatever is printed of
// a task stands for all that came before.

/** A task starts, works, has a pull request, merges, and has been merged, or waits for a person. */
const STATE_MARKS = ['◌', '●', '◇', '⇡', '✓◆'];
const TASK_LINE_PATTERN = /^\d\d:\d\d:\d\d {2}(\S) (\S+) /gm;
/** Begins a line about the root. */
const ROOT_LINE_WORD = 'pull';

/** The eight tasks of the complex plan. */
export const WORK_STEPS = 8 * STATE_MARKS.length;
/** With the verification of the whole, and the one task of the simple plan. */
export const ALL_STEPS = WORK_STEPS + 2 * STATE_MARKS.length;

/** At most ALL_STEPS; a demo that is done has taken them all. */
export function countSteps(demo: DemoProcess): number {
  const taken = new Map<string, number>();
  for (const [, glyph = '', task = ''] of demo.output().matchAll(TASK_LINE_PATTERN)) {
    const steps = STATE_MARKS.findIndex((glyphs) => glyphs.includes(glyph)) + 1;
    if (task !== ROOT_LINE_WORD) taken.set(task, Math.max(taken.get(task) ?? 0, steps));
  }
  return [...taken.values()].reduce((sum, steps) => sum + steps, 0);
}
