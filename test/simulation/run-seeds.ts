import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import { addCoverage, type Coverage, createCoverage } from './coverage.ts';
import { type Outcome, runSeed } from './run-seed.ts';
import type { Mutant } from './world.ts';

export const seedRangeSchema = z.object({ from: z.number(), to: z.number(), step: z.number() });

export type Summary = { seeds: number; failed: Outcome[]; coverage: Coverage; events: number };

/** On all cores. Outcomes carry no history: a seed that failed is replayed for that. */
export async function runSeeds(
  from: number,
  count: number,
  onOutcome: (outcome: Outcome) => void = () => {},
): Promise<Summary> {
  const summary: Summary = { seeds: 0, failed: [], coverage: createCoverage(), events: 0 };
  const step = Math.min(count, availableParallelism());
  const workers = Array.from({ length: step }, (_, place) =>
    runWorker({ from: from + place, to: from + count, step }, (outcome) => {
      summary.seeds += 1;
      summary.events += outcome.events;
      addCoverage(summary.coverage, outcome.coverage);
      if (outcome.violations.length > 0) summary.failed.push(outcome);
      onOutcome(outcome);
    }),
  );
  await Promise.all(workers);
  return summary;
}

function runWorker(
  range: z.infer<typeof seedRangeSchema>,
  onOutcome: (outcome: Outcome) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: range });
    worker.on('message', onOutcome);
    worker.once('error', reject);
    worker.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`a worker of the simulation ended with ${code}`)),
    );
  });
}

/** One seed in this process, with its whole history. */
export function replaySeed(
  seed: number,
  options: { mutant?: Mutant; keepHistory?: boolean } = {},
): Promise<Outcome> {
  const { mutant, keepHistory = true } = options;
  return new Promise((resolve) =>
    setImmediate(() => resolve(runSeed(seed, { mutant, keepHistory }))),
  );
}
