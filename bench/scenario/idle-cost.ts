import { putNewPlan } from '../../core/store/plan-store.ts';
import { putNewTask } from '../../core/store/task-store.ts';
import { planStateFixture, taskStateFixture } from '../../test/support/engine-fixture.ts';
import { createMemoryTable, type MemoryTable } from '../../test/support/memory-table.ts';
import { createLab } from '../lab/lab.ts';
import { virtualTime } from '../lab/lab-time.ts';
import { Meter, type Tally } from '../lab/meter.ts';
import type { Scenario } from '../scenario.ts';

// What a minute costs in which nothing happens, by how much is stored of plans that have ended.

const TASKS_PER_PLAN = 100;

export const idleCost: Scenario = {
  name: 'idle-cost',
  what: 'Units of a minute in which nothing happens, by what is stored',
  run: async ({ quick }) => {
    const sizes = quick ? [0, 1_000] : [0, 1_000, 10_000];
    const rows: { stored: number; minute: Tally }[] = [];
    for (const stored of sizes) rows.push({ stored, minute: await idleMinute(stored) });
    const table = {
      title: 'A minute of the reconciler, nothing to do',
      head: ['tasks stored', 'RCU', 'WCU', 'requests', 'SQS sends'],
      rows: rows.map(({ stored, minute }) => [
        stored,
        minute.readUnits,
        minute.writeUnits,
        minute.requests,
        minute.sends,
      ]),
      notes: ['Plans of 100 tasks, complete, their pull requests merged and branches gone.'],
    };
    return { tables: [table], figures: rows };
  },
};

async function idleMinute(stored: number): Promise<Tally> {
  const time = virtualTime();
  const table = createMemoryTable();
  await fill(table, stored);
  const meter = new Meter();
  const lab = createLab({ time, table, slots: 8, meter });
  let over = false;
  const minute = lab.reconcile().then(() => {
    over = true;
  });
  await time.run(() => over, 60_000);
  await minute;
  if (lab.failures.length > 0) throw lab.failures[0];
  return { ...meter.tally('reconcile') };
}

async function fill(table: MemoryTable, stored: number): Promise<void> {
  for (let place = 0; place < stored; place += 1) {
    const plan = `p${String(Math.floor(place / TASKS_PER_PLAN)).padStart(10, '0')}`;
    if (place % TASKS_PER_PLAN === 0) await putEndedPlan(table, plan);
    const task = `t${place % TASKS_PER_PLAN}`;
    await putNewTask(table, { ...taskStateFixture(), plan, task, status: 'merged' }, []);
  }
}

async function putEndedPlan(table: MemoryTable, id: string): Promise<void> {
  const state = { ...planStateFixture(), id, status: 'complete' as const };
  await putNewPlan(table, state, 0);
  await table.update({ pk: `PLAN#${id}`, sk: 'HEAD' }, { remove: ['dueAt', 'dueShard'] });
}
