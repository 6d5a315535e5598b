import { expect, test } from 'vitest';
import { findCoverageProblems, renderFailure, renderHistory, renderTotals } from './report.ts';
import type { Batch } from './run-seeds.ts';
import { replaySeed, runSeeds } from './run-seeds.ts';

const SEED_COUNT = 2_000;

test('no seed violates a rule, and every plan ends or names its blocker', async () => {
  const began = performance.now();

  const summary = await runSeeds(0, SEED_COUNT);

  console.log(renderTotals(summary, (performance.now() - began) / 1_000));
  const [first] = summary.failed.toSorted((a, b) => a.events - b.events);
  const history = first === undefined ? '' : renderHistory(await replaySeed(first.seed));
  expect(summary.failed.map(renderFailure), history).toEqual([]);
  expect(summary.seeds).toBe(SEED_COUNT);
  expect(findCoverageProblems(summary)).toEqual([]);
}, 600_000);

test('a seed replays exactly, independent of the seeds before it', async () => {
  const batches: Batch[] = [];
  await runSeeds(1, 12, { workers: 1, batchSize: 1, onBatch: (batch) => batches.push(batch) });

  expect(batches).toHaveLength(12);
  // In reverse order, so that state left behind by a seed would reach a different seed than in the first run.
  for (const [place, { events, failed, coverage }] of [...batches.entries()].reverse()) {
    const replayed = await replaySeed(1 + place);

    expect(replayed.coverage).toEqual(coverage);
    expect(replayed.events).toBe(events);
    expect(replayed.violations).toEqual(failed.flatMap((outcome) => outcome.violations));
    expect(replayed.history.length).toBeGreaterThan(20);
  }
});
