import type { DemoTask } from './demo-task.ts';
import { DEMO_TASKS } from './demo-tasks.ts';
import type { Flavour } from './flavour.ts';

/** The planner's answer to the complex prompt. */
export function createDemoPlan(flavour: Flavour): unknown {
  const idOf = (key: string) =>
    flavour.pickVariant(DEMO_TASKS.find((task) => task.key === key)?.ids ?? []);
  return {
    summary: flavour.pickVariant([
      'Four small modules come first and need nothing of each other; reports, budgets and import build on them; the commands come last.',
      'Categories, periods, CSV and filters are independent of each other. What builds on two of them follows, then the commands.',
      'From the leaves to the root: small modules, then reports, budgets and transfer, then the command line.',
    ]),
    tasks: flavour.orderItems(DEMO_TASKS).map((task) => ({
      id: flavour.pickVariant(task.ids),
      title: flavour.pickVariant(task.titles),
      description: describeTask(task, flavour),
      dependsOn: flavour.orderItems(task.dependsOn.map(idOf)),
      scope: task.scope,
      criteria: flavour.orderItems(task.criteria),
      tier: task.tier,
      repo: '',
      estimate: task.estimate,
    })),
  };
}

function describeTask(task: DemoTask, flavour: Flavour): string {
  const first = flavour.pickVariant([
    '',
    'Part of making the ledger fit for a household. ',
    'Plain modules without dependencies, as everywhere in the ledger. ',
  ]);
  return `${first}${task.description}`;
}
