import { expect, test } from 'vitest';
import type { Waiting } from '../../core/contract/waiting.ts';
import {
  createPlanFixture,
  createTaskFixture,
  NOW,
  PLAN_ID,
} from '../../test/support/cli/plan-fixture.ts';
import type { PlanChange } from '../watch/follow-plan.ts';
import { renderLines } from './layout/line.ts';
import { renderChange } from './render-change.ts';

const BLOCKED: Waiting = { kind: 'unblock', plan: PLAN_ID, task: 'a', actions: ['retry'] };

function renderShown(change: PlanChange): string[] {
  return renderLines(renderChange(change, NOW), { colour: false }).map((line) =>
    line.replace(/^\d\d:\d\d:\d\d {2}/, ''),
  );
}

test('a task that goes on is one line', () => {
  const before = createTaskFixture({ id: 'add-store', status: 'ready' });
  const task = createTaskFixture({ id: 'add-store', status: 'working', attempt: 2, version: 4 });

  expect(renderShown({ kind: 'task', task, before })).toEqual([
    '● add-store               working · try 2',
  ]);
});

test('what only touched its figures is no line', () => {
  const before = createTaskFixture({ id: 'a', status: 'working', attempt: 1 });
  const usage = { inputTokens: 5, outputTokens: 5, usd: null, turns: 1 };
  const task = createTaskFixture({ id: 'a', status: 'working', attempt: 1, version: 9, usage });

  expect(renderShown({ kind: 'task', task, before })).toEqual([]);
});

test('the first look says nothing of tasks that have not begun, nor of joins', () => {
  expect(renderShown({ kind: 'task', task: createTaskFixture({ id: 'a' }) })).toEqual([]);
  expect(
    renderShown({
      kind: 'task',
      task: createTaskFixture({ id: 'j', kind: 'join', status: 'merged' }),
    }),
  ).toEqual([]);
});

test('a blocked task says why, and prints its command', () => {
  const command = `smol-gang task retry ${PLAN_ID} a`;
  const task = createTaskFixture({
    id: 'a',
    status: 'blocked',
    attempt: 1,
    reason: 'red\nagain',
    waiting: BLOCKED,
  });

  const lines = renderShown({ kind: 'task', task });

  expect(lines[0]).toContain('blocked · red again');
  expect(lines[1]).toContain(command);
});

test('what a task and its plan both wait for is told once, and again when it comes back', () => {
  const task = createTaskFixture({ id: 'a', status: 'blocked', attempt: 1, waiting: BLOCKED });
  const printedKeys = new Set<string>();
  const count = (change: PlanChange) =>
    renderLines(renderChange(change, NOW, printedKeys), { colour: false }).filter((line) =>
      line.includes('retry'),
    ).length;
  const waits = createPlanFixture({ waiting: [BLOCKED] });

  expect(count({ kind: 'task', task })).toBe(1);
  expect(count({ kind: 'plan', plan: waits, before: createPlanFixture() })).toBe(0);
  expect(count({ kind: 'plan', plan: createPlanFixture(), before: waits })).toBe(0);
  expect(count({ kind: 'plan', plan: waits, before: createPlanFixture() })).toBe(1);
});

test('of a plan only what is new is said: status, conditions, waiting, pull requests', () => {
  const before = createPlanFixture({ status: 'activating' });
  const condition = {
    level: 'warning' as const,
    code: 'provider',
    message: 'the model rests',
    at: NOW,
  };
  const plan = createPlanFixture({ status: 'active', conditions: [condition], version: 8 });

  expect(renderShown({ kind: 'plan', plan, before })).toEqual([
    '  plan                    active',
    '! condition               the model rests',
  ]);
  expect(renderShown({ kind: 'plan', plan: { ...plan, version: 9 }, before: plan })).toEqual([]);
});

test('the ready pull request is said with its address', () => {
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

  expect(renderShown({ kind: 'plan', plan, before })).toEqual([
    '◆ pull request            #20 ready for you to merge  http://forge/20',
  ]);
});
