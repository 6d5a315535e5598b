import { expect, test } from 'vitest';
import { findCoverageProblems, renderFailure, renderHistory, renderTotals } from './report.ts';
import type { Batch } from './run-seeds.ts';
import { replaySeed, runSeeds } from './run-seeds.ts';

const SEED_COUNT = 2_000;

test('no history breaks a rule, and every plan ends or names what it waits for', async () => {
  const began = performance.now();

  const summary = await runSeeds(0, SEED_COUNT);

  console.log(renderTotals(summary, (performance.now() - began) / 1_000));
  const [first] = summary.failed.toSorted((a, b) => a.events - b.events);
  const history = first === undefined ? '' : renderHistory(await replaySeed(first.seed));
  expect(summary.failed.map(renderFailure), history).toEqual([]);
  expect(summary.seeds).toBe(SEED_COUNT);
  expect(findCoverageProblems(summary)).toEqual([]);
}, 600_000);

test('a seed replays exactly, whatever ran before it', async () => {
  const ran: Batch[] = [];
  await runSeeds(1, 12, { workers: 1, batchSize: 1, onBatch: (batch) => ran.push(batch) });

  expect(ran).toHaveLength(12);
  // Backwards: what one seed leaves behind for the next would be left for another.
  for (const [place, { events, failed, coverage }] of [...ran.entries()].reverse()) {
    const replayed = await replaySeed(1 + place);

    expect(replayed.coverage).toEqual(coverage);
    expect(replayed.events).toBe(events);
    expect(replayed.violations).toEqual(failed.flatMap((outcome) => outcome.violations));
    expect(replayed.history.length).toBeGreaterThan(20);
  }
});
