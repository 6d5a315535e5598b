import { expect, test } from 'vitest';
import { planFixture, taskFixture } from '../test/support/plan-fixture.ts';
import { applyPlan, applyTasks } from './progress.ts';

const STATE = {
  plan: planFixture(),
  tasks: [taskFixture({ id: 'a', version: 3 }), taskFixture({ id: 'b', version: 3, ordinal: 2 })],
};

test('a change that is answered twice is one change', () => {
  const newer = taskFixture({ id: 'a', version: 4, status: 'ready' });

  const first = applyTasks(STATE, [newer, newer]);
  const second = applyTasks(first.state, [newer]);

  expect(first.changes).toEqual([{ kind: 'task', task: newer, before: STATE.tasks[0] }]);
  expect(second.changes).toEqual([]);
});

test('changes come without edges, which are kept', () => {
  const known = [taskFixture({ id: 'a', dependsOn: ['x'] })];

  const { state } = applyTasks({ ...STATE, tasks: known }, [
    taskFixture({ id: 'a', version: 2, dependsOn: [] }),
  ]);

  expect(state.tasks[0]?.dependsOn).toEqual(['x']);
});

test('what is older than what is known is left aside', () => {
  const older = taskFixture({ id: 'a', version: 2, status: 'working' });

  expect(applyTasks(STATE, [older])).toEqual({ state: STATE, changes: [] });
});

test('a task that was not known yet takes its place by its number', () => {
  const fresh = taskFixture({ id: 'between', ordinal: 1, version: 1 });
  const { state } = applyTasks({ ...STATE, tasks: STATE.tasks.slice(1) }, [fresh]);

  expect(state.tasks.map((task) => task.id)).toEqual(['between', 'b']);
});

test('a new run counts its versions anew and leaves the old tasks behind', () => {
  const again = taskFixture({ id: 'a', run: 2, version: 1 });

  const tasks = applyTasks(STATE, [again]);
  const { state } = applyPlan(tasks.state, planFixture({ run: 2, version: 8 }));

  expect(tasks.changes).toHaveLength(1);
  expect(state.tasks).toEqual([again]);
  expect(applyTasks(state, [taskFixture({ id: 'b', version: 99 })]).changes).toEqual([]);
});

test('derived facts of a plan are news even at the same version', () => {
  const halted = planFixture({ halted: true });

  expect(applyPlan(STATE, halted).changes).toHaveLength(1);
  expect(applyPlan(STATE, planFixture()).changes).toEqual([]);
  expect(applyPlan(STATE, planFixture({ version: 1, halted: true })).state).toBe(STATE);
});
