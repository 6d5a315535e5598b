import { expect, test } from 'vitest';
import { createEngineFixture, FIXTURE_PLAN } from '../../../test/support/engine/engine-fixture.ts';
import type { Table } from '../../port/table.ts';
import { loadSlots } from '../../store/system-store.ts';
import { applyTask } from '../apply/apply-task.ts';
import { scheduleTasks } from './schedule-tasks.ts';

// After a lost response the repeated write fails its own condition, because the first write was applied.

const KEY = { plan: FIXTURE_PLAN, run: 1, task: 'one' };

/** Creates a table that loses the response of the first update of one item. */
function loseFirstUpdateResponse(table: Table, sk: string): Table {
  let lost = false;
  return {
    ...table,
    update: async (key, change, condition) => {
      const item = await table.update(key, change, condition);
      if (lost || key.sk !== sk) return item;
      lost = true;
      return undefined;
    },
  };
}

test('a write whose response was lost counts once', async () => {
  const { deps, table, putTask, task, sent } = createEngineFixture();
  await putTask({ status: 'blocked' });

  const applied = await applyTask(
    { ...deps, table: loseFirstUpdateResponse(table, 'STATE') },
    KEY,
    { type: 'retry' },
    { actor: 'ann@example.com', loaded: await task(), observed: true },
  );

  expect(applied).toMatchObject({ kind: 'changed', task: { version: 2 } });
  expect((await task()).version).toBe(2);
  expect(sent.map(({ type }) => type)).toContain('schedule');
});

test('a write of another writer does not count as the own write', async () => {
  const { deps, putTask, task } = createEngineFixture();
  await putTask({ status: 'blocked' });
  const seen = await task();
  const order = (actor: string) =>
    applyTask(deps, KEY, { type: 'retry' }, { actor, loaded: seen, observed: true });

  expect((await order('ann@example.com')).kind).toBe('changed');
  expect((await order('bob@example.com')).kind).toBe('raced');
});

test('uses a reserved slot whose response was lost', async () => {
  const asked: string[] = [];
  const { deps, table, putPlan, putTask, task } = createEngineFixture({
    launcher: {
      ensure: async ({ name, attemptId }) => {
        asked.push(attemptId);
        return { name, attemptId, state: 'running', startedAt: 0, uid: 'u' };
      },
    },
  });
  await putPlan();
  await putTask({ status: 'ready' });
  await table.put({ pk: 'SYSTEM', sk: 'SLOTS', v: 1, holders: {} });

  await scheduleTasks({ ...deps, table: loseFirstUpdateResponse(table, 'SLOTS') }, [KEY]);

  expect(asked).toHaveLength(1);
  expect((await task()).state.status).toBe('claimed');
  expect((await loadSlots(table)).holders.size).toBe(1);
});
