import { expect, test } from 'vitest';
import { createEngineFixture } from '../../test/support/engine/engine-fixture.ts';
import type { TaskState } from '../task-state/task-state.ts';
import { loadTaskHistory } from './task-detail-store.ts';
import type { StoredTask } from './task-store.ts';
import { markTaskReconciled, saveTask } from './task-store.ts';

/** Builds the next state of a task, after another transition with `reason`. */
function buildNextState({ state, version }: StoredTask, reason = ''): TaskState {
  const last = { ...state.last, version: version + 1, at: state.last.at + 1, reason };
  return { ...state, last };
}

function listVersions(task: StoredTask): number[] {
  return [...task.recentTransitions, task.state.last].map(({ version }) => version);
}

test('every transition is stored once and in order, in the item of the task or in a history item', async () => {
  const { table, putTask, task } = createEngineFixture();
  await putTask();

  for (let version = 2; version <= 12; version += 1) {
    const before = await task();
    expect(
      await saveTask(table, before, buildNextState(before), {
        now: version,
        dueAt: undefined,
        tag: 't',
      }),
    ).toBeTruthy();
    const after = await task();
    const historyVersions = (await loadTaskHistory(table, after.state)).map(
      (transition) => transition.version,
    );
    expect([...historyVersions, ...listVersions(after)]).toEqual(
      Array.from({ length: version }, (_, n) => n + 1),
    );
    expect(after.recentTransitions.length).toBeLessThan(4);
  }
});

test('transitions with long reasons move to history items early, so the item stays small', async () => {
  const { table, putTask, task } = createEngineFixture();
  await putTask();

  for (let version = 2; version <= 6; version += 1) {
    const before = await task();
    const next = buildNextState(before, 'x'.repeat(700));
    await saveTask(table, before, next, { now: version, dueAt: undefined, tag: 't' });
    expect(JSON.stringify((await task()).recentTransitions).length).toBeLessThan(1_000);
  }
  expect(await loadTaskHistory(table, (await task()).state)).not.toEqual([]);
});

test('the loser of two concurrent writes stores neither a state nor a transition', async () => {
  const { table, putTask, task } = createEngineFixture();
  await putTask();
  for (let n = 0; n < 3; n += 1) {
    const previous = await task();
    await saveTask(table, previous, buildNextState(previous), {
      now: n,
      dueAt: undefined,
      tag: 't',
    });
  }
  const before = await task();

  const firstWrite = await saveTask(table, before, buildNextState(before, 'first'), {
    now: 9,
    dueAt: undefined,
    tag: 't',
  });
  const secondWrite = await saveTask(table, before, buildNextState(before, 'second'), {
    now: 9,
    dueAt: undefined,
    tag: 't',
  });

  expect(firstWrite?.state.last.reason).toBe('first');
  expect(secondWrite).toBeUndefined();
  const after = await task();
  const transitions = [
    ...(await loadTaskHistory(table, after.state)),
    ...after.recentTransitions,
    after.state.last,
  ];
  expect(transitions.map(({ version }) => version)).toEqual([1, 2, 3, 4, 5]);
  expect(transitions.map(({ reason }) => reason)).not.toContain('second');
});

test('a merged task records the release of its dependents after the reconcile, until its status changes', async () => {
  const { table, putTask, task } = createEngineFixture();
  await putTask({ status: 'merged' });
  expect((await task()).dependentsReleased).toBe(false);

  await markTaskReconciled(table, await task(), undefined);
  const reconciled = await task();
  expect(reconciled.dependentsReleased).toBe(true);

  await saveTask(
    table,
    reconciled,
    { ...buildNextState(reconciled), status: 'ready' },
    { now: 3, dueAt: 5, tag: 't' },
  );
  expect((await task()).dependentsReleased).toBe(false);
});
