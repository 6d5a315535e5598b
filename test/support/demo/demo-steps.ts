import type { DemoProcess } from './demo-process.ts';

// Progress of a demo, read from its output. The demo may print a state late or never, especially after a kill. A printed state
// therefore counts for all earlier states of the same task as well.

/** Marks of the steps of a task: starting, working, pull request open, merging, and merged or waiting for a person. */
const STATE_MARKS = ['◌', '●', '◇', '⇡', '✓◆'];
const TASK_LINE_PATTERN = /^\d\d:\d\d:\d\d {2}(\S) (\S+) /gm;
/** First word of a line about the root pull request. */
const ROOT_LINE_WORD = 'pull';

/** Steps of the eight tasks of the complex plan. */
export const WORK_STEPS = 8 * STATE_MARKS.length;
/** Steps of all tasks, including the end task of the complex plan and the task of the simple plan. */
export const ALL_STEPS = WORK_STEPS + 2 * STATE_MARKS.length;

/** Counts the steps that the demo has taken; ALL_STEPS when the demo is done. */
export function countSteps(demo: DemoProcess): number {
  const stepsByTask = new Map<string, number>();
  for (const [, mark = '', task = ''] of demo.output().matchAll(TASK_LINE_PATTERN)) {
    const steps = STATE_MARKS.findIndex((marks) => marks.includes(mark)) + 1;
    if (task !== ROOT_LINE_WORD) stepsByTask.set(task, Math.max(stepsByTask.get(task) ?? 0, steps));
  }
  return [...stepsByTask.values()].reduce((sum, steps) => sum + steps, 0);
}
