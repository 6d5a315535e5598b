import { expect, test } from 'vitest';
import { replaySeed } from '../run-seeds.ts';
import type { Interference } from '../world.ts';
import { BASE_MUTANTS } from './base-mutants.ts';
import type { Mutant } from './breach.ts';
import { combineChanges } from './breach.ts';
import { BUDGET_MUTANTS } from './budget-mutants.ts';
import { DELIVERY_MUTANTS } from './delivery-mutants.ts';
import { lateLaunches } from './late-launches.ts';
import { ENGINE_MUTANTS } from './mutants.ts';
import { NOTICE_MUTANTS } from './notice-mutants.ts';
import { pausedClaims } from './paused-claims.ts';
import { pausedMergeWrites } from './paused-merge-writes.ts';
import { pausedMerges } from './paused-merges.ts';
import { PEOPLE_MUTANTS } from './people-mutants.ts';
import { PROMISE_MUTANTS } from './promise-mutants.ts';

const MAX_SEEDS = 400;

test.each([
  ...ENGINE_MUTANTS,
  ...DELIVERY_MUTANTS,
  ...PEOPLE_MUTANTS,
  ...PROMISE_MUTANTS,
  ...NOTICE_MUTANTS,
  ...BASE_MUTANTS,
  ...BUDGET_MUTANTS,
])('the simulation detects that $name', async (mutant) => {
  const [seed, violations] = await findFirstViolation(mutant);
  expect(violations.join('\n')).toMatch(mutant.expectedViolation);

  const { name, emphasis, companionFault } = mutant;
  const interference: Interference = { name, emphasis, changeDeps: companionFault };
  const control = await replaySeed(seed, { interference, keepHistory: false });
  expect(control.violations, `seed ${seed} without the mutant`).toEqual([]);
});

async function findFirstViolation(mutant: Mutant): Promise<[number, string[]]> {
  const firstSeed = mutant.firstSeed ?? 0;
  const interference: Interference = {
    ...mutant,
    changeDeps: combineChanges(mutant.companionFault, mutant.changeDeps),
  };
  for (let seed = firstSeed; seed < firstSeed + MAX_SEEDS; seed += 1) {
    const { violations } = await replaySeed(seed, { interference, keepHistory: false });
    if (violations.length > 0) return [seed, violations];
  }
  return expect.fail(
    `the judge found no violation in ${MAX_SEEDS} seeds with the mutant "${mutant.name}"`,
  );
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
