import { expect, test } from 'vitest';
import { replaySeed } from '../run-seeds.ts';
import type { Mutant } from './breach.ts';
import { combineBreaches } from './breach.ts';
import { DELIVERY_MUTANTS } from './delivery-mutants.ts';
import { lateLaunches } from './late-launches.ts';
import { MUTANTS } from './mutants.ts';
import { NOTICE_MUTANTS } from './notice-mutants.ts';
import { pausedClaims } from './paused-claims.ts';
import { pausedMergeWrites } from './paused-merge-writes.ts';
import { pausedMerges } from './paused-merges.ts';
import { PEOPLE_MUTANTS } from './people-mutants.ts';
import { PROMISE_MUTANTS } from './promise-mutants.ts';

const MAX_SEEDS = 400;

test.each([
  ...MUTANTS,
  ...DELIVERY_MUTANTS,
  ...PEOPLE_MUTANTS,
  ...PROMISE_MUTANTS,
  ...NOTICE_MUTANTS,
])('the simulation detects that $name', async (mutant) => {
  const [seed, violations] = await findFirstViolation(mutant);
  expect(violations.join('\n')).toMatch(mutant.expectedViolation);

  const { name, emphasis, companionBreach } = mutant;
  const unbroken = { name, emphasis, deps: companionBreach };
  const control = await replaySeed(seed, { interference: unbroken, keepHistory: false });
  expect(control.violations, `seed ${seed} without the breach`).toEqual([]);
});

async function findFirstViolation(mutant: Mutant): Promise<[number, string[]]> {
  const from = mutant.firstSeed ?? 0;
  const broken = { ...mutant, deps: combineBreaches(mutant.companionBreach, mutant.deps) };
  for (let seed = from; seed < from + MAX_SEEDS; seed += 1) {
    const { violations } = await replaySeed(seed, { interference: broken, keepHistory: false });
    if (violations.length > 0) return [seed, violations];
  }
  return expect.fail(`${MAX_SEEDS} seeds did not detect the mutant`);
}

test.each([pausedMerges, pausedClaims, pausedMergeWrites, lateLaunches])(
  'the engine tolerates $name',
  async (interference) => {
    for (let seed = 0; seed < 40; seed += 1) {
      const { violations } = await replaySeed(seed, { interference, keepHistory: false });

      expect(violations, `seed ${seed}`).toEqual([]);
    }
  },
);
