import { expect, test } from 'vitest';
import { replaySeed } from '../run-seeds.ts';
import { MUTANTS } from './mutants.ts';
import { pausedClaims } from './paused-claims.ts';
import { pausedMerges } from './paused-merges.ts';
import { PEOPLE_MUTANTS } from './people-mutants.ts';
import { PROMISE_MUTANTS } from './promise-mutants.ts';

const ENOUGH = 400;

test.each([...MUTANTS, ...PEOPLE_MUTANTS, ...PROMISE_MUTANTS])(
  'notices that $name',
  async (mutant) => {
    const from = mutant.from ?? 0;
    for (let seed = from; seed < from + ENOUGH; seed += 1) {
      const { violations } = await replaySeed(seed, { mutant, keepHistory: false });
      if (violations.length === 0) continue;

      expect(violations.join('\n')).toMatch(mutant.caught);
      return;
    }
    expect.fail(`${ENOUGH} seeds did not notice`);
  },
);

test.each([pausedMerges, pausedClaims])('finds nothing to say of $name', async (mutant) => {
  for (let seed = 0; seed < 40; seed += 1) {
    const { violations } = await replaySeed(seed, { mutant, keepHistory: false });

    expect(violations, `seed ${seed}`).toEqual([]);
  }
});
