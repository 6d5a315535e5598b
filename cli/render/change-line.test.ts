import { expect, test } from 'vitest';
import { NOW, PLAN_ID, planFixture, taskFixture } from '../../test/support/plan-fixture.ts';
import type { PlanChange } from '../progress.ts';
import { changeLines } from './change-line.ts';
import { renderLines } from './line.ts';

function shown(change: PlanChange): string[] {
  return renderLines(changeLines(change, NOW), { colour: false }).map((line) =>
    line.replace(/^\d\d:\d\d:\d\d {2}/, ''),
  );
}

test('a task that goes on is one line', () => {
  const before = taskFixture({ id: 'add-store', status: 'ready' });
  const task = taskFixture({ id: 'add-store', status: 'working', attempt: 2, version: 4 });

  expect(shown({ kind: 'task', task, before })).toEqual([
    '● add-store               working · try 2',
  ]);
});

test('what only touched its figures is no line', () => {
  const before = taskFixture({ id: 'a', status: 'working', attempt: 1 });
  const usage = { inputTokens: 5, outputTokens: 5, usd: null, turns: 1 };
  const task = taskFixture({ id: 'a', status: 'working', attempt: 1, version: 9, usage });

  expect(shown({ kind: 'task', task, before })).toEqual([]);
});

test('the first look says nothing of tasks that have not begun, nor of joins', () => {
  expect(shown({ kind: 'task', task: taskFixture({ id: 'a' }) })).toEqual([]);
  expect(
    shown({ kind: 'task', task: taskFixture({ id: 'j', kind: 'join', status: 'merged' }) }),
  ).toEqual([]);
});

test('a blocked task says why, and prints its command', () => {
  const command = `smol-gang task retry ${PLAN_ID} a`;
  const waiting = { for: 'a is blocked', command };
  const task = taskFixture({
    id: 'a',
    status: 'blocked',
    attempt: 1,
    reason: 'red\nagain',
    waiting,
  });

  const lines = shown({ kind: 'task', task });

  expect(lines[0]).toContain('blocked · red again');
  expect(lines[1]).toContain(command);
});

test('what a task and its plan both wait for is told once, and again when it comes back', () => {
  const waiting = { for: 'a is blocked', command: `smol-gang task retry ${PLAN_ID} a` };
  const task = taskFixture({ id: 'a', status: 'blocked', attempt: 1, waiting });
  const told = new Set<string>();
  const count = (change: PlanChange) =>
    renderLines(changeLines(change, NOW, told), { colour: false }).filter((line) =>
      line.includes('retry'),
    ).length;
  const waits = planFixture({ waiting: [waiting] });

  expect(count({ kind: 'task', task })).toBe(1);
  expect(count({ kind: 'plan', plan: waits, before: planFixture() })).toBe(0);
  expect(count({ kind: 'plan', plan: planFixture(), before: waits })).toBe(0);
  expect(count({ kind: 'plan', plan: waits, before: planFixture() })).toBe(1);
});

test('of a plan only what is new is said: status, notices, waiting, pull requests', () => {
  const before = planFixture({ status: 'activating' });
  const notice = {
    level: 'warning' as const,
    code: 'provider',
    message: 'the model rests',
    at: NOW,
  };
  const plan = planFixture({ status: 'active', notices: [notice], version: 8 });

  expect(shown({ kind: 'plan', plan, before })).toEqual([
    '  plan                    active',
    '! notice                  the model rests',
  ]);
  expect(shown({ kind: 'plan', plan: { ...plan, version: 9 }, before: plan })).toEqual([]);
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
  const before = planFixture({ pulls: [pull] });
  const plan = planFixture({ pulls: [{ ...pull, ready: true }] });

  expect(shown({ kind: 'plan', plan, before })).toEqual([
    '◆ pull request            #20 ready for you to merge  http://forge/20',
  ]);
});
