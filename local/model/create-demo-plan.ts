import type { DemoTask } from './demo-task.ts';
import { DEMO_TASKS } from './demo-tasks.ts';
import type { Variations } from './variations.ts';

/** Creates the planner's answer to the complex prompt. */
export function createDemoPlan(variations: Variations): unknown {
  const getTaskId = (key: string) =>
    variations.pickVariant(DEMO_TASKS.find((task) => task.key === key)?.ids ?? []);
  return {
    summary: variations.pickVariant([
      'Four small, independent modules come first; reports, budgets and import build on them; the commands come last.',
      'Categories, periods, CSV and filters are independent of each other. Modules that build on two of these follow, then the commands.',
      'First the small modules, then reports, budgets and transfer, and finally the command line.',
    ]),
    tasks: variations.orderItems(DEMO_TASKS).map((task) => ({
      id: variations.pickVariant(task.ids),
      title: variations.pickVariant(task.titles),
      description: describeTask(task, variations),
      dependsOn: variations.orderItems(task.dependsOn.map(getTaskId)),
      scope: task.scope,
      criteria: variations.orderItems(task.criteria),
      tier: task.tier,
      repo: '',
      estimate: task.estimate,
    })),
  };
}

function describeTask(task: DemoTask, variations: Variations): string {
  const opening = variations.pickVariant([
    '',
    'This task is part of a ledger for household planning. ',
    'Use plain modules without dependencies, as in the rest of the ledger. ',
  ]);
  return `${opening}${task.description}`;
}
