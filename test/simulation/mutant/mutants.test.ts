import { expect, test } from 'vitest';
import { replaySeed } from '../run-seeds.ts';
import { MUTANTS, pausedMerges } from './mutants.ts';

const ENOUGH = 400;

test.each(MUTANTS)('notices that $name', async (mutant) => {
  for (let seed = 0; seed < ENOUGH; seed += 1) {
    const { violations } = await replaySeed(seed, { mutant, keepHistory: false });
    if (violations.length === 0) continue;

    expect(violations.join('\n')).toMatch(mutant.caught);
    return;
  }
  expect.fail(`${ENOUGH} seeds did not notice`);
});

test('finds nothing to say of a lane worker that is merely slow', async () => {
  for (let seed = 0; seed < 60; seed += 1) {
    const { violations } = await replaySeed(seed, { mutant: pausedMerges, keepHistory: false });

    expect(violations, `seed ${seed}`).toEqual([]);
  }
});
