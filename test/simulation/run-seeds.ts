import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Coverage, PlainCoverage } from './coverage/coverage.ts';
import { addCoverage, createCoverage } from './coverage/coverage.ts';
import type { Outcome } from './run-seed.ts';
import { runSeed } from './run-seed.ts';
import type { Interference } from './world.ts';

/** Report of a worker about a batch of seeds: the outcome of each failed seed and the totals of all seeds. */
export type Batch = {
  readonly seedCount: number;
  eventCount: number;
  readonly failed: Outcome[];
  readonly coverage: PlainCoverage;
};

/** Totals of all batches. */
export type Summary = {
  seedCount: number;
  readonly failed: Outcome[];
  readonly coverage: Coverage;
  eventCount: number;
};

/** Options of a run over several seeds. */
export type RunOptions = {
  /** Worker threads. Default: number of cores. */
  readonly workerCount?: number;
  /** Seeds per batch. Default: 10. */
  readonly batchSize?: number;
  /** Called after each batch; `doneCount`: number of finished seeds. */
  readonly onBatch?: (batch: Batch, doneCount: number) => void;
};

/** Default seeds per batch; small, so that all workers finish at about the same time. */
const BATCH_SIZE = 10;

/** Runs seeds in worker threads; each free worker takes the next batch. Outcomes contain no history; `replaySeed` returns it. */
export async function runSeeds(
  firstSeed: number,
  seedCount: number,
  { workerCount = availableParallelism(), batchSize = BATCH_SIZE, onBatch }: RunOptions = {},
): Promise<Summary> {
  const summary: Summary = { seedCount: 0, failed: [], coverage: createCoverage(), eventCount: 0 };
  const end = firstSeed + seedCount;
  let nextSeed = firstSeed;
  const takeBatch = (): number[] => {
    const seeds = Array.from(
      { length: Math.min(batchSize, end - nextSeed) },
      (_, index) => nextSeed + index,
    );
    nextSeed += seeds.length;
    return seeds;
  };
  const addBatch = (batch: Batch): void => {
    summary.seedCount += batch.seedCount;
    summary.eventCount += batch.eventCount;
    summary.failed.push(...batch.failed);
    addCoverage(summary.coverage, batch.coverage);
    onBatch?.(batch, summary.seedCount);
  };
  const threadCount = Math.max(1, Math.min(workerCount, Math.ceil(seedCount / batchSize)));
  await Promise.all(Array.from({ length: threadCount }, () => runWorker(takeBatch, addBatch)));
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
