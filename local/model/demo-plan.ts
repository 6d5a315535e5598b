import type { DemoTask } from './demo-task.ts';
import { DEMO_TASKS } from './demo-tasks.ts';
import type { Flavour } from './flavour.ts';

/** The planner's answer to the complex prompt. */
export function demoPlan(flavour: Flavour): unknown {
  const idOf = (key: string) =>
    flavour.pick(DEMO_TASKS.find((task) => task.key === key)?.ids ?? []);
  return {
    summary: flavour.pick([
      'Four small modules come first and need nothing of each other; reports, budgets and import build on them; the commands come last.',
      'Categories, periods, CSV and filters are independent of each other. What builds on two of them follows, then the commands.',
      'From the leaves to the root: small modules, then reports, budgets and transfer, then the command line.',
    ]),
    tasks: flavour.order(DEMO_TASKS).map((task) => ({
      id: flavour.pick(task.ids),
      title: flavour.pick(task.titles),
      description: describe(task, flavour),
      dependsOn: flavour.order(task.dependsOn.map(idOf)),
      scope: task.scope,
      criteria: flavour.order(task.criteria),
      tier: task.tier,
      repo: '',
      estimate: task.estimate,
    })),
  };
}

function describe(task: DemoTask, flavour: Flavour): string {
  const first = flavour.pick([
    '',
    'Part of making the ledger fit for a household. ',
    'Plain modules without dependencies, as everywhere in the ledger. ',
  ]);
  return `${first}${task.description}`;
}
