import { readFile, rename, writeFile } from 'node:fs/promises';
import { cpus, loadavg, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const RESULTS_FILE = fileURLToPath(new URL('results.json', import.meta.url));
const resultsSchema = z.record(z.string(), z.unknown());

/** Replaces the figures of a scenario in results.json; returns a message for the terminal. */
export async function recordResult(scenario: string, figures: unknown): Promise<string> {
  const loadAverage = loadavg()[0] ?? 0;
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
  };
  const date = new Date().toISOString().slice(0, 10);
  const results = await readResults();
  results[scenario] = { date, machine, loadAverage: Math.round(loadAverage * 100) / 100, figures };
  await writeFile(`${RESULTS_FILE}.new`, `${JSON.stringify(results, roundFigure, 1)}\n`);
  await rename(`${RESULTS_FILE}.new`, RESULTS_FILE);
  return `load average ${loadAverage.toFixed(1)}, recorded in bench/results.json`;
}

async function readResults(): Promise<Record<string, unknown>> {
  try {
    return resultsSchema.parse(JSON.parse(await readFile(RESULTS_FILE, 'utf8')));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    throw error;
  }
}

/** Rounds a number in the JSON to three decimals. No measurement is more precise. */
function roundFigure(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Math.round(value * 1_000) / 1_000 : value;
}
