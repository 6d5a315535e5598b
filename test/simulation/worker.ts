import { parentPort } from 'node:worker_threads';
import { z } from 'zod';
import { addCoverage, createCoverage, toPlainCoverage } from './coverage/coverage.ts';
import { runSeed } from './run-seed.ts';
import type { Batch } from './run-seeds.ts';

// Worker thread: runs each received batch of seeds and posts a report of the batch; an empty batch ends the worker.

const seedsSchema = z.array(z.number().int());

parentPort?.on('message', (message: unknown) => {
  const seeds = seedsSchema.parse(message);
  if (seeds.length === 0) parentPort?.close();
  else setImmediate(() => parentPort?.postMessage(runBatch(seeds)));
});

function runBatch(seeds: readonly number[]): Batch {
  const coverage = createCoverage();
  const batch: Omit<Batch, 'coverage'> = { seedCount: seeds.length, eventCount: 0, failed: [] };
  for (const seed of seeds) {
    const outcome = runSeed(seed);
    batch.eventCount += outcome.eventCount;
    addCoverage(coverage, outcome.coverage);
    if (outcome.violations.length > 0) batch.failed.push(outcome);
  }
  return { ...batch, coverage: toPlainCoverage(coverage) };
}
