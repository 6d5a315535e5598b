import fc from 'fast-check';
import { expect, test } from 'vitest';
import { taskStateFixture } from '../../../test/support/engine-fixture.ts';
import type { TaskState } from '../../task/state.ts';
import { type Candidate, pickTasks } from './pick.ts';

const WIDE = { system: 10, repository: 10, plan: 10 };
const PLANS = ['pa', 'pb', 'pc'];
const REPOS = ['acme/one', 'acme/two'];

function candidate(change: Partial<TaskState>, planCap = 10): Candidate {
  return { task: { ...taskStateFixture(), ...change }, planCap };
}

function named(picked: readonly TaskState[]): string[] {
  return picked.map((task) => task.task);
}

test('the longest path ahead goes first', () => {
  const candidates = [
    candidate({ task: 'short', rank: 1 }),
    candidate({ task: 'long', rank: 9 }),
    candidate({ task: 'middle', rank: 5 }),
  ];

  expect(named(pickTasks(candidates, [], { ...WIDE, system: 2 }))).toEqual(['long', 'middle']);
});

test('what frees others comes before work: verification, then repair', () => {
  const candidates = [
    candidate({ task: 'work', wants: 'work', rank: 99 }),
    candidate({ task: 'repair', wants: 'repair', rank: 2 }),
    candidate({ task: 'verify', wants: 'verify', rank: 1 }),
  ];

  expect(named(pickTasks(candidates, [], WIDE))).toEqual(['verify', 'repair', 'work']);
});

test('plans take turns, the one with the fewest slots first', () => {
  const candidates = [
    candidate({ plan: 'pa', task: 'a1', rank: 9 }),
    candidate({ plan: 'pa', task: 'a2', rank: 8 }),
    candidate({ plan: 'pb', task: 'b1', rank: 2 }),
    candidate({ plan: 'pb', task: 'b2', rank: 1 }),
  ];
  const held = [{ plan: 'pa', repo: 'acme/shop' }];

  expect(named(pickTasks(candidates, held, WIDE))).toEqual(['b1', 'a1', 'b2', 'a2']);
});

test('a plan at its cap leaves its slots to others', () => {
  const candidates = [
    candidate({ plan: 'pa', task: 'a1', rank: 9 }, 1),
    candidate({ plan: 'pa', task: 'a2', rank: 8 }, 1),
    candidate({ plan: 'pb', task: 'b1', rank: 1 }, 1),
  ];

  expect(named(pickTasks(candidates, [], WIDE))).toEqual(['a1', 'b1']);
});

test('a full system picks nobody', () => {
  const held = [{ plan: 'pa', repo: 'acme/one' }];

  expect(pickTasks([candidate({})], held, { ...WIDE, system: 1 })).toEqual([]);
});

test('no cap is ever exceeded, and no slot that fits somebody stays free', () => {
  const members = fc.array(
    fc.record({ plan: fc.constantFrom(...PLANS), repo: fc.constantFrom(...REPOS) }),
    { maxLength: 12 },
  );
  const caps = fc.record({
    system: fc.integer({ min: 1, max: 8 }),
    repository: fc.integer({ min: 1, max: 8 }),
    plan: fc.integer({ min: 1, max: 8 }),
  });
  void fc.assert(
    fc.property(members, members, caps, fc.integer({ min: 1, max: 4 }), (want, held, cap, own) => {
      const candidates = want.map((one, n) => candidate({ ...one, task: `t${n}` }, own));

      const picked = pickTasks(candidates, held, cap);

      const after = [...held, ...picked];
      const fits = (all: readonly { plan: string; repo: string }[], one: TaskState) =>
        all.length < cap.system &&
        all.filter((other) => other.plan === one.plan).length < Math.min(own, cap.plan) &&
        all.filter((other) => other.repo === one.repo).length < cap.repository;
      for (const [n, task] of picked.entries())
        expect(fits([...held, ...picked.slice(0, n)], task)).toBe(true);
      const left = candidates.filter((one) => !picked.includes(one.task));
      expect(left.some((one) => fits(after, one.task))).toBe(false);
    }),
  );
});
