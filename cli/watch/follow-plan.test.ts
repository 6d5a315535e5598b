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

test('a change that is answered twice is one change', () => {
  const newer = createTaskFixture({ id: 'a', version: 4, status: 'ready' });

  const first = applyTasks(SNAPSHOT, [newer, newer]);
  const second = applyTasks(first.state, [newer]);

  expect(first.changes).toEqual([{ kind: 'task', task: newer, before: SNAPSHOT.tasks[0] }]);
  expect(second.changes).toEqual([]);
});

test('changes come without edges, which are kept', () => {
  const known = [createTaskFixture({ id: 'a', dependsOn: ['x'] })];

  const { state } = applyTasks({ ...SNAPSHOT, tasks: known }, [
    createTaskFixture({ id: 'a', version: 2, dependsOn: [] }),
  ]);

  expect(state.tasks[0]?.dependsOn).toEqual(['x']);
});

test('what is older than what is known is left aside', () => {
  const older = createTaskFixture({ id: 'a', version: 2, status: 'working' });

  expect(applyTasks(SNAPSHOT, [older])).toEqual({ state: SNAPSHOT, changes: [] });
});

test('a task that was not known yet takes its place by its number', () => {
  const fresh = createTaskFixture({ id: 'between', ordinal: 1, version: 1 });
  const { state } = applyTasks({ ...SNAPSHOT, tasks: SNAPSHOT.tasks.slice(1) }, [fresh]);

  expect(state.tasks.map((task) => task.id)).toEqual(['between', 'b']);
});

test('a new run counts its versions anew and leaves the old tasks behind', () => {
  const again = createTaskFixture({ id: 'a', run: 2, version: 1 });

  const tasks = applyTasks(SNAPSHOT, [again]);
  const { state } = applyPlan(tasks.state, createPlanFixture({ run: 2, version: 8 }));

  expect(tasks.changes).toHaveLength(1);
  expect(state.tasks).toEqual([again]);
  expect(applyTasks(state, [createTaskFixture({ id: 'b', version: 99 })]).changes).toEqual([]);
});

test('derived facts of a plan are news even at the same version', () => {
  const halted = createPlanFixture({ halted: true });

  expect(applyPlan(SNAPSHOT, halted).changes).toHaveLength(1);
  expect(applyPlan(SNAPSHOT, createPlanFixture()).changes).toEqual([]);
  expect(applyPlan(SNAPSHOT, createPlanFixture({ version: 1, halted: true })).state).toBe(SNAPSHOT);
});
