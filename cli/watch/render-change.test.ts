import { expect, test } from 'vitest';
import type { Waiting } from '../../core/contract/waiting.ts';
import {
  createPlanFixture,
  createTaskFixture,
  NOW,
  PLAN_ID,
} from '../../test/support/cli/plan-fixture.ts';
import { renderLines } from '../render/layout/line.ts';
import type { PlanChange } from './follow-plan.ts';
import { renderChange } from './render-change.ts';

const BLOCKED: Waiting = { kind: 'unblock', plan: PLAN_ID, task: 'a', actions: ['retry'] };

function renderWithoutClock(change: PlanChange): string[] {
  return renderLines(renderChange(change, NOW), { colour: false }).map((line) =>
    line.replace(/^\d\d:\d\d:\d\d {2}/, ''),
  );
}

test('a changed status of a task is printed on one line', () => {
  const before = createTaskFixture({ id: 'add-store', status: 'ready' });
  const task = createTaskFixture({ id: 'add-store', status: 'working', attempt: 2, version: 4 });

  expect(renderWithoutClock({ kind: 'task', task, before })).toEqual([
    '● add-store               working · attempt 2',
  ]);
});

test('a change of the usage alone is not printed', () => {
  const before = createTaskFixture({ id: 'a', status: 'working', attempt: 1 });
  const usage = { inputTokens: 5, outputTokens: 5, usd: null, turns: 1 };
  const task = createTaskFixture({ id: 'a', status: 'working', attempt: 1, version: 9, usage });

  expect(renderWithoutClock({ kind: 'task', task, before })).toEqual([]);
});

test('pending tasks and joins of the first snapshot are not printed', () => {
  expect(renderWithoutClock({ kind: 'task', task: createTaskFixture({ id: 'a' }) })).toEqual([]);
  expect(
    renderWithoutClock({
      kind: 'task',
      task: createTaskFixture({ id: 'j', kind: 'join', status: 'merged' }),
    }),
  ).toEqual([]);
});

test('a blocked task is printed with its reason and its command', () => {
  const command = `smol-gang task retry ${PLAN_ID} a`;
  const task = createTaskFixture({
    id: 'a',
    status: 'blocked',
    attempt: 1,
    reason: 'red\nagain',
    waiting: BLOCKED,
  });

  const lines = renderWithoutClock({ kind: 'task', task });

  expect(lines[0]).toContain('blocked · red again');
  expect(lines[1]).toContain(command);
});

test('a waiting item of both task and plan is printed once, and once more when the item returns', () => {
  const task = createTaskFixture({ id: 'a', status: 'blocked', attempt: 1, waiting: BLOCKED });
  const printedKeys = new Set<string>();
  const countCommandLines = (change: PlanChange) =>
    renderLines(renderChange(change, NOW, printedKeys), { colour: false }).filter((line) =>
      line.includes('retry'),
    ).length;
  const waitingPlan = createPlanFixture({ waiting: [BLOCKED] });

  expect(countCommandLines({ kind: 'task', task })).toBe(1);
  expect(countCommandLines({ kind: 'plan', plan: waitingPlan, before: createPlanFixture() })).toBe(
    0,
  );
  expect(countCommandLines({ kind: 'plan', plan: createPlanFixture(), before: waitingPlan })).toBe(
    0,
  );
  expect(countCommandLines({ kind: 'plan', plan: waitingPlan, before: createPlanFixture() })).toBe(
    1,
  );
});

test('only new facts of a plan are printed', () => {
  const before = createPlanFixture({ status: 'activating' });
  const condition = {
    level: 'warning' as const,
    code: 'provider',
    message: 'the model is slow',
    at: NOW,
  };
  const plan = createPlanFixture({ status: 'active', conditions: [condition], version: 8 });

  expect(renderWithoutClock({ kind: 'plan', plan, before })).toEqual([
    '  plan                    active',
    '! warning                 the model is slow',
  ]);
  expect(renderWithoutClock({ kind: 'plan', plan: { ...plan, version: 9 }, before: plan })).toEqual(
    [],
  );
});

test('a pull request that became ready is printed with its URL', () => {
  const pull = {
    repo: 'acme/shop',
    branch: 'root',
    base: 'main',
    number: 20,
    url: 'http://forge/20',
    ready: false,
    state: 'open' as const,
  };
  const before = createPlanFixture({ pulls: [pull] });
  const plan = createPlanFixture({ pulls: [{ ...pull, ready: true }] });

  expect(renderWithoutClock({ kind: 'plan', plan, before })).toEqual([
    '◆ pull request            #20 ready for you to merge  http://forge/20',
  ]);
});
