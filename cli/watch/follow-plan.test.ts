import { expect, test } from 'vitest';
import { createPlanFixture, createTaskFixture } from '../../test/support/cli/plan-fixture.ts';
import { applyPlan, applyTasks } from './follow-plan.ts';

const SNAPSHOT = {
  plan: createPlanFixture(),
  tasks: [
    createTaskFixture({ id: 'a', version: 3 }),
    createTaskFixture({ id: 'b', version: 3, ordinal: 2 }),
  ],
};

test('a change that the API returns twice is reported once', () => {
  const newer = createTaskFixture({ id: 'a', version: 4, status: 'ready' });

  const first = applyTasks(SNAPSHOT, [newer, newer]);
  const second = applyTasks(first.state, [newer]);

  expect(first.changes).toEqual([{ kind: 'task', task: newer, before: SNAPSHOT.tasks[0] }]);
  expect(second.changes).toEqual([]);
});

test('an update that lists no dependencies leaves the known dependencies of a task unchanged', () => {
  const knownTasks = [createTaskFixture({ id: 'a', dependsOn: ['x'] })];

  const { state } = applyTasks({ ...SNAPSHOT, tasks: knownTasks }, [
    createTaskFixture({ id: 'a', version: 2, dependsOn: [] }),
  ]);

  expect(state.tasks[0]?.dependsOn).toEqual(['x']);
});

test('an older version of a known task is ignored', () => {
  const older = createTaskFixture({ id: 'a', version: 2, status: 'working' });

  expect(applyTasks(SNAPSHOT, [older])).toEqual({ state: SNAPSHOT, changes: [] });
});

test('a new task is sorted by its ordinal', () => {
  const newTask = createTaskFixture({ id: 'between', ordinal: 1, version: 1 });
  const { state } = applyTasks({ ...SNAPSHOT, tasks: SNAPSHOT.tasks.slice(1) }, [newTask]);

  expect(state.tasks.map((task) => task.id)).toEqual(['between', 'b']);
});

test('a new run restarts the versions and drops the tasks of the old run', () => {
  const restarted = createTaskFixture({ id: 'a', run: 2, version: 1 });

  const tasks = applyTasks(SNAPSHOT, [restarted]);
  const { state } = applyPlan(tasks.state, createPlanFixture({ run: 2, version: 8 }));

  expect(tasks.changes).toHaveLength(1);
  expect(state.tasks).toEqual([restarted]);
  expect(applyTasks(state, [createTaskFixture({ id: 'b', version: 99 })]).changes).toEqual([]);
});

test('a change of derived facts of a plan is reported even at the same version', () => {
  const halted = createPlanFixture({ halted: true });

  expect(applyPlan(SNAPSHOT, halted).changes).toHaveLength(1);
  expect(applyPlan(SNAPSHOT, createPlanFixture()).changes).toEqual([]);
  expect(applyPlan(SNAPSHOT, createPlanFixture({ version: 1, halted: true })).state).toBe(SNAPSHOT);
});
