import { expect, test } from 'vitest';
import { failureOf, historyOf, totalsOf } from './report.ts';
import { replaySeed, runSeeds } from './run-seeds.ts';

const SEEDS = 2_000;

test('no history breaks a rule, and every plan ends or names what it waits for', async () => {
  const began = performance.now();

  const summary = await runSeeds(0, SEEDS);

  console.log(totalsOf(summary, (performance.now() - began) / 1_000));
  const [first] = summary.failed.toSorted((a, b) => a.events - b.events);
  const history = first === undefined ? '' : historyOf(await replaySeed(first.seed));
  expect(summary.failed.map(failureOf), history).toEqual([]);
  expect(summary.seeds).toBe(SEEDS);
}, 600_000);

test('a seed replays exactly', async () => {
  const once = await replaySeed(7);

  const twice = await replaySeed(7);

  expect(twice).toEqual(once);
  expect(once.history.length).toBeGreaterThan(20);
});
