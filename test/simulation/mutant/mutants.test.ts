import { expect, test } from 'vitest';
import { replaySeed } from '../run-seeds.ts';
import { MUTANTS } from './mutants.ts';

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
