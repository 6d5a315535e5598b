import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Coverage, PlainCoverage } from './coverage/coverage.ts';
import { addCoverage, createCoverage } from './coverage/coverage.ts';
import type { Outcome } from './run-seed.ts';
import { runSeed } from './run-seed.ts';
import type { Interference } from './world.ts';

/** Report of a worker about a batch of seeds: the full outcome of each failed seed and the totals of all. */
export type Batch = {
  readonly seeds: number;
  events: number;
  readonly failed: Outcome[];
  readonly coverage: PlainCoverage;
};

/** Totals of all batches. */
export type Summary = {
  seeds: number;
  readonly failed: Outcome[];
  readonly coverage: Coverage;
  events: number;
};

/** Options of a run over several seeds. */
export type RunOptions = {
  /** Default: a worker per core. */
  readonly workers?: number;
  /** Seeds per batch. Default: 10. */
  readonly batchSize?: number;
  readonly onBatch?: (batch: Batch, done: number) => void;
};

/** Small, so that all workers finish at about the same time. */
const BATCH_SIZE = 10;

/** Runs seeds in worker threads; each free worker takes the next batch. Outcomes have no history: replay a failed seed. */
export async function runSeeds(
  from: number,
  count: number,
  { workers = availableParallelism(), batchSize = BATCH_SIZE, onBatch }: RunOptions = {},
): Promise<Summary> {
  const summary: Summary = { seeds: 0, failed: [], coverage: createCoverage(), events: 0 };
  const end = from + count;
  let next = from;
  const takeBatch = (): number[] => {
    const seeds = Array.from(
      { length: Math.min(batchSize, end - next) },
      (_, place) => next + place,
    );
    next += seeds.length;
    return seeds;
  };
  const addBatch = (batch: Batch): void => {
    summary.seeds += batch.seeds;
    summary.events += batch.events;
    summary.failed.push(...batch.failed);
    addCoverage(summary.coverage, batch.coverage);
    onBatch?.(batch, summary.seeds);
  };
  const size = Math.max(1, Math.min(workers, Math.ceil(count / batchSize)));
  await Promise.all(Array.from({ length: size }, () => runWorker(takeBatch, addBatch)));
  return summary;
}

function runWorker(takeBatch: () => number[], addBatch: (batch: Batch) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url));
    // An empty batch ends the worker.
    const sendBatch = (): void => worker.postMessage(takeBatch());
    worker.on('message', (batch: Batch) => {
      addBatch(batch);
      sendBatch();
    });
    worker.once('error', reject);
    worker.once('exit', (code) =>
      code === 0
        ? resolve()
        : reject(new Error(`a worker of the simulation exited with code ${code}`)),
    );
    sendBatch();
  });
}

/** Runs a seed in this process, by default with its full history. */
export function replaySeed(
  seed: number,
  options: { readonly interference?: Interference; readonly keepHistory?: boolean } = {},
): Promise<Outcome> {
  const { interference, keepHistory = true } = options;
  return new Promise((resolve) =>
    setImmediate(() => resolve(runSeed(seed, { interference, keepHistory }))),
  );
}
