import type { DemoTask } from './demo-task.ts';
import { DEMO_TASKS } from './demo-tasks.ts';
import type { Flavour } from './flavour.ts';

/** Creates the planner's answer to the complex prompt. */
export function createDemoPlan(flavour: Flavour): unknown {
  const getTaskId = (key: string) =>
    flavour.pickVariant(DEMO_TASKS.find((task) => task.key === key)?.ids ?? []);
  return {
    summary: flavour.pickVariant([
      'Four small modules come first and need nothing of each other; reports, budgets and import build on them; the commands come last.',
      'Categories, periods, CSV and filters are independent of each other. Modules on top of two of them follow, then the commands.',
      'From the leaves to the root: small modules, then reports, budgets and transfer, then the command line.',
    ]),
    tasks: flavour.orderItems(DEMO_TASKS).map((task) => ({
      id: flavour.pickVariant(task.ids),
      title: flavour.pickVariant(task.titles),
      description: describeTask(task, flavour),
      dependsOn: flavour.orderItems(task.dependsOn.map(getTaskId)),
      scope: task.scope,
      criteria: flavour.orderItems(task.criteria),
      tier: task.tier,
      repo: '',
      estimate: task.estimate,
    })),
  };
}

function describeTask(task: DemoTask, flavour: Flavour): string {
  const opening = flavour.pickVariant([
    '',
    'Part of making the ledger fit for a household. ',
    'Plain modules without dependencies, as everywhere in the ledger. ',
  ]);
  return `${opening}${task.description}`;
}
