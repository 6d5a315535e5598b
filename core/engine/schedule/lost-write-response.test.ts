import { expect, test } from 'vitest';
import { createEngineFixture, FIXTURE_PLAN } from '../../../test/support/engine/engine-fixture.ts';
import type { Table } from '../../port/table.ts';
import { loadSlots } from '../../store/system-store.ts';
import { applyTask } from '../apply/apply-task.ts';
import { scheduleTasks } from './schedule-tasks.ts';

// A client that asks again after an answer was lost is told that its condition does not hold: by its own write.

const KEY = { plan: FIXTURE_PLAN, run: 1, task: 'one' };

/** Of one item, the first answer to an update is lost. */
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

test('a transition that was written counts as written, once', async () => {
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

test('what somebody else wrote in between does not', async () => {
  const { deps, putTask, task } = createEngineFixture();
  await putTask({ status: 'blocked' });
  const seen = await task();
  const order = (actor: string) =>
    applyTask(deps, KEY, { type: 'retry' }, { actor, loaded: seen, observed: true });

  expect((await order('ann@example.com')).kind).toBe('changed');
  expect((await order('bob@example.com')).kind).toBe('raced');
});

test('a slot that was reserved is used', async () => {
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
