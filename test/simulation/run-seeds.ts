import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Coverage, PlainCoverage } from './coverage/coverage.ts';
import { addCoverage, createCoverage } from './coverage/coverage.ts';
import type { Outcome } from './run-seed.ts';
import { runSeed } from './run-seed.ts';
import type { Interference } from './world.ts';

/** What a worker tells of the seeds that it was handed: those that failed whole, of the others the sum. */
export type Batch = {
  readonly seeds: number;
  events: number;
  readonly failed: Outcome[];
  readonly coverage: PlainCoverage;
};

export type Summary = {
  seeds: number;
  readonly failed: Outcome[];
  readonly coverage: Coverage;
  events: number;
};

export type RunOptions = {
  /** Absent: one for each core. */
  readonly workers?: number;
  /** How many seeds a worker is handed at once. */
  readonly batchSize?: number;
  readonly onBatch?: (batch: Batch, done: number) => void;
};

/** Small, so that no worker is left with a heap of work while the others are done. */
const BATCH_SIZE = 10;

/** Each worker takes the next seeds as soon as it is free. Outcomes carry no history: a seed that failed is replayed. */
export async function runSeeds(
  from: number,
  count: number,
  { workers = availableParallelism(), batchSize = BATCH_SIZE, onBatch }: RunOptions = {},
): Promise<Summary> {
  const summary: Summary = { seeds: 0, failed: [], coverage: createCoverage(), events: 0 };
  const end = from + count;
  let next = from;
  const take = (): number[] => {
    const seeds = Array.from(
      { length: Math.min(batchSize, end - next) },
      (_, place) => next + place,
    );
    next += seeds.length;
    return seeds;
  };
  const add = (batch: Batch): void => {
    summary.seeds += batch.seeds;
    summary.events += batch.events;
    summary.failed.push(...batch.failed);
    addCoverage(summary.coverage, batch.coverage);
    onBatch?.(batch, summary.seeds);
  };
  const size = Math.max(1, Math.min(workers, Math.ceil(count / batchSize)));
  await Promise.all(Array.from({ length: size }, () => runWorker(take, add)));
  return summary;
}

function runWorker(take: () => number[], add: (batch: Batch) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url));
    // An empty hand ends it.
    const hand = (): void => worker.postMessage(take());
    worker.on('message', (batch: Batch) => {
      add(batch);
      hand();
    });
    worker.once('error', reject);
    worker.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`a worker of the simulation ended with ${code}`)),
    );
    hand();
  });
}

/** One seed in this process, with its whole history. */
export function replaySeed(
  seed: number,
  options: { readonly interference?: Interference; readonly keepHistory?: boolean } = {},
): Promise<Outcome> {
  const { interference, keepHistory = true } = options;
  return new Promise((resolve) =>
    setImmediate(() => resolve(runSeed(seed, { interference, keepHistory }))),
  );
}
