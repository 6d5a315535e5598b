import { expect, test } from 'vitest';
import { findCoverageProblems, renderFailure, renderHistory, renderTotals } from './report.ts';
import type { Batch } from './run-seeds.ts';
import { replaySeed, runSeeds } from './run-seeds.ts';

const SEED_COUNT = 2_000;

test('in every seed, the engine violates no rule and every plan ends', async () => {
  const startedAt = performance.now();

  const summary = await runSeeds(0, SEED_COUNT);

  console.log(renderTotals(summary, (performance.now() - startedAt) / 1_000));
  const [shortest] = summary.failed.toSorted((a, b) => a.eventCount - b.eventCount);
  const history = shortest === undefined ? '' : renderHistory(await replaySeed(shortest.seed));
  expect(summary.failed.map(renderFailure), history).toEqual([]);
  expect(summary.seedCount).toBe(SEED_COUNT);
  expect(findCoverageProblems(summary)).toEqual([]);
}, 600_000);

test('a seed has the same history whenever it runs, whatever seeds ran before in the same process', async () => {
  const batches: Batch[] = [];
  await runSeeds(1, 12, { workerCount: 1, batchSize: 1, onBatch: (batch) => batches.push(batch) });

  expect(batches).toHaveLength(12);
  // The reverse order shows whether a seed leaves state behind: the state would affect another seed than in the first run.
  for (const [index, { eventCount, failed, coverage }] of [...batches.entries()].reverse()) {
    const replayed = await replaySeed(1 + index);

    expect(replayed.coverage).toEqual(coverage);
    expect(replayed.eventCount).toBe(eventCount);
    expect(replayed.violations).toEqual(failed.flatMap((outcome) => outcome.violations));
    expect(replayed.history.length).toBeGreaterThan(20);
  }
});
