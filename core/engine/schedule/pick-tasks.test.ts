import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createTaskStateFixture } from '../../../test/support/engine/engine-fixture.ts';
import type { TaskState } from '../../task-state/task-state.ts';
import type { Candidate } from './pick-tasks.ts';
import { pickTasks } from './pick-tasks.ts';

const WIDE_CAPS = { system: 10, repository: 10, plan: 10 };
const PLANS = ['pa', 'pb', 'pc'];
const REPOS = ['acme/one', 'acme/two'];

function createCandidate(change: Partial<TaskState>, planCap = 10): Candidate {
  return { task: { ...createTaskStateFixture(), ...change }, planCap };
}

function listTaskIds(picked: readonly TaskState[]): string[] {
  return picked.map((task) => task.task);
}

test('picks the tasks with the highest rank first', () => {
  const candidates = [
    createCandidate({ task: 'short', rank: 1 }),
    createCandidate({ task: 'long', rank: 9 }),
    createCandidate({ task: 'middle', rank: 5 }),
  ];

  expect(listTaskIds(pickTasks(candidates, [], { ...WIDE_CAPS, system: 2 }))).toEqual([
    'long',
    'middle',
  ]);
});

test('picks verification before repair before work', () => {
  const candidates = [
    createCandidate({ task: 'work', nextAttemptKind: 'work', rank: 99 }),
    createCandidate({ task: 'repair', nextAttemptKind: 'repair', rank: 2 }),
    createCandidate({ task: 'verify', nextAttemptKind: 'verify', rank: 1 }),
  ];

  expect(listTaskIds(pickTasks(candidates, [], WIDE_CAPS))).toEqual(['verify', 'repair', 'work']);
});

test('picks the plan with the fewest slots first', () => {
  const candidates = [
    createCandidate({ plan: 'pa', task: 'a1', rank: 9 }),
    createCandidate({ plan: 'pa', task: 'a2', rank: 8 }),
    createCandidate({ plan: 'pb', task: 'b1', rank: 2 }),
    createCandidate({ plan: 'pb', task: 'b2', rank: 1 }),
  ];
  const held = [{ plan: 'pa', repo: 'acme/shop' }];

  expect(listTaskIds(pickTasks(candidates, held, WIDE_CAPS))).toEqual(['b1', 'a1', 'b2', 'a2']);
});

test('gives the slots of a plan at its cap to other plans', () => {
  const candidates = [
    createCandidate({ plan: 'pa', task: 'a1', rank: 9 }, 1),
    createCandidate({ plan: 'pa', task: 'a2', rank: 8 }, 1),
    createCandidate({ plan: 'pb', task: 'b1', rank: 1 }, 1),
  ];

  expect(listTaskIds(pickTasks(candidates, [], WIDE_CAPS))).toEqual(['a1', 'b1']);
});

test('picks no task without a free slot', () => {
  const held = [{ plan: 'pa', repo: 'acme/one' }];

  expect(pickTasks([createCandidate({})], held, { ...WIDE_CAPS, system: 1 })).toEqual([]);
});

test('never exceeds a cap, and leaves no slot free that a task could use', () => {
  const slots = fc.array(
    fc.record({ plan: fc.constantFrom(...PLANS), repo: fc.constantFrom(...REPOS) }),
    { maxLength: 12 },
  );
  const caps = fc.record({
    system: fc.integer({ min: 1, max: 8 }),
    repository: fc.integer({ min: 1, max: 8 }),
    plan: fc.integer({ min: 1, max: 8 }),
  });
  void fc.assert(
    fc.property(
      slots,
      slots,
      caps,
      fc.integer({ min: 1, max: 4 }),
      (wanted, held, cap, planCap) => {
        const candidates = wanted.map((fields, n) =>
          createCandidate({ ...fields, task: `t${n}` }, planCap),
        );

        const picked = pickTasks(candidates, held, cap);

        const heldAfter = [...held, ...picked];
        const fits = (
          occupied: readonly { readonly plan: string; readonly repo: string }[],
          task: TaskState,
        ) =>
          occupied.length < cap.system &&
          occupied.filter((slot) => slot.plan === task.plan).length < Math.min(planCap, cap.plan) &&
          occupied.filter((slot) => slot.repo === task.repo).length < cap.repository;
        for (const [n, task] of picked.entries())
          expect(fits([...held, ...picked.slice(0, n)], task)).toBe(true);
        const remaining = candidates.filter(({ task }) => !picked.includes(task));
        expect(remaining.some(({ task }) => fits(heldAfter, task))).toBe(false);
      },
    ),
  );
});
