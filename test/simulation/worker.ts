import { parentPort, workerData } from 'node:worker_threads';
import { runSeed } from './run-seed.ts';
import { seedRangeSchema } from './run-seeds.ts';

// Runs every `step`th seed of a range and tells how each went.

const { from, to, step } = seedRangeSchema.parse(workerData);

setImmediate(() => {
  for (let seed = from; seed < to; seed += step) parentPort?.postMessage(runSeed(seed));
});
