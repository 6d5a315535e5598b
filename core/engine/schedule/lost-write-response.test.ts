import { expect, test } from 'vitest';
import { createEngineFixture, FIXTURE_PLAN } from '../../../test/support/engine/engine-fixture.ts';
import type { Table } from '../../port/table.ts';
import { loadSlots } from '../../store/system-store.ts';
import { applyTask } from '../apply/apply-transition.ts';
import { scheduleTasks } from './schedule-tasks.ts';

// If the response of a write is lost, a retry of the write fails on its condition, because the first write was applied.

const KEY = { plan: FIXTURE_PLAN, run: 1, task: 'one' };

/** Wraps a table that loses the response of the first update of the item `sk`. */
function loseFirstUpdateResponse(table: Table, sk: string): Table {
  let isLost = false;
  return {
    ...table,
    update: async (key, change, condition) => {
      const item = await table.update(key, change, condition);
      if (isLost || key.sk !== sk) return item;
      isLost = true;
      return undefined;
    },
  };
}

test('a write whose response was lost counts as one change', async () => {
  const { deps, table, putTask, task, sent } = createEngineFixture();
  await putTask({ status: 'blocked' });

  const applied = await applyTask(
    { ...deps, table: loseFirstUpdateResponse(table, 'STATE') },
    KEY,
    { type: 'retry' },
    { actor: 'ann@example.com', loaded: await task(), onlyIfUnchanged: true },
  );

  expect(applied).toMatchObject({ kind: 'changed', task: { version: 2 } });
  expect((await task()).version).toBe(2);
  expect(sent.map(({ type }) => type)).toContain('schedule');
});

test('a write of another writer does not count as a write of this writer', async () => {
  const { deps, putTask, task } = createEngineFixture();
  await putTask({ status: 'blocked' });
  const taskBefore = await task();
  const retry = (actor: string) =>
    applyTask(deps, KEY, { type: 'retry' }, { actor, loaded: taskBefore, onlyIfUnchanged: true });

  expect((await retry('ann@example.com')).kind).toBe('changed');
  expect((await retry('bob@example.com')).kind).toBe('raced');
});

test('uses a slot although the response of its reservation was lost', async () => {
  const launched: string[] = [];
  const { deps, table, putPlan, putTask, task } = createEngineFixture({
    launcher: {
      ensure: async ({ name, attemptId }) => {
        launched.push(attemptId);
        return { name, attemptId, state: 'running', startedAt: 0, uid: 'u' };
      },
    },
  });
  await putPlan();
  await putTask({ status: 'ready' });
  await table.put({ pk: 'SYSTEM', sk: 'SLOTS', v: 1, holders: {} });

  await scheduleTasks({ ...deps, table: loseFirstUpdateResponse(table, 'SLOTS') }, [KEY]);

  expect(launched).toHaveLength(1);
  expect((await task()).state.status).toBe('claimed');
  expect((await loadSlots(table)).holders.size).toBe(1);
});
