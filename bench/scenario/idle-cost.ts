import { putNewPlan } from '../../core/store/plan-store.ts';
import { putNewTask } from '../../core/store/task-store.ts';
import {
  createPlanStateFixture,
  createTaskStateFixture,
} from '../../test/support/engine/engine-fixture.ts';
import type { MemoryTable } from '../../test/support/store/memory-table.ts';
import { createMemoryTable } from '../../test/support/store/memory-table.ts';
import { createLab, RESYNC_ACTOR } from '../lab/lab.ts';
import { createVirtualTime } from '../lab/lab-time.ts';
import type { Tally } from '../lab/meter.ts';
import { Meter } from '../lab/meter.ts';
import type { Scenario } from '../scenario.ts';

// Measures how the cost of an idle minute depends on the number of stored tasks of ended plans.

const TASKS_PER_PLAN = 100;

export const idleCost: Scenario = {
  name: 'idle-cost',
  description: 'Capacity units of an idle minute, by the number of stored tasks',
  measure: async ({ quick }) => {
    const sizes = quick ? [0, 1_000] : [0, 1_000, 10_000];
    const rows: { readonly stored: number; readonly minute: Tally }[] = [];
    for (const stored of sizes) rows.push({ stored, minute: await measureIdleMinute(stored) });
    const table = {
      title: 'A minute of the resync without pending work',
      head: ['tasks stored', 'RCU', 'WCU', 'requests', 'SQS sends'],
      rows: rows.map(({ stored, minute }) => [
        stored,
        minute.readUnits,
        minute.writeUnits,
        minute.requests,
        minute.sends,
      ]),
      notes: ['Complete plans of 100 tasks, with merged pull requests and deleted branches.'],
    };
    return { tables: [table], figures: rows };
  },
};

async function measureIdleMinute(taskCount: number): Promise<Tally> {
  const time = createVirtualTime();
  const table = createMemoryTable();
  await fillTable(table, taskCount);
  const meter = new Meter();
  const lab = createLab({ time, table, slots: 8, meter });
  let isDone = false;
  const running = lab.runResync().then(() => {
    isDone = true;
  });
  await time.runUntil(() => isDone, 60_000);
  await running;
  if (lab.failures.length > 0) throw lab.failures[0];
  return { ...meter.getTally(RESYNC_ACTOR) };
}

async function fillTable(table: MemoryTable, taskCount: number): Promise<void> {
  for (let index = 0; index < taskCount; index += 1) {
    const plan = `p${String(Math.floor(index / TASKS_PER_PLAN)).padStart(10, '0')}`;
    if (index % TASKS_PER_PLAN === 0) await putEndedPlan(table, plan);
    const task = `t${index % TASKS_PER_PLAN}`;
    await putNewTask(table, { ...createTaskStateFixture(), plan, task, status: 'merged' }, []);
  }
}

async function putEndedPlan(table: MemoryTable, id: string): Promise<void> {
  const state = { ...createPlanStateFixture(), id, status: 'complete' as const };
  await putNewPlan(table, state, 0);
  await table.update({ pk: `PLAN#${id}`, sk: 'HEAD' }, { remove: ['dueAt', 'dueShard'] });
}
