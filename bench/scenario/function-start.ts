import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { BuiltCloud } from '../../test/support/cloud/build-cloud.ts';
import { buildCloud } from '../../test/support/cloud/build-cloud.ts';
import type { CloudStage } from '../../test/support/cloud/cloud-stage.ts';
import { startCloudStage } from '../../test/support/cloud/cloud-stage.ts';
import { LambdaProcess } from '../../test/support/cloud/lambda-process.ts';
import type { EventSpec } from '../lab/function-event.ts';
import { createEventSpecs, SECRETS } from '../lab/function-event.ts';
import { computePercentile } from '../lab/measure-runs.ts';
import type { StartTimes } from '../lab/measure-start.ts';
import { measureStart } from '../lab/measure-start.ts';
import type { Report, Scenario, Table } from '../scenario.ts';

// Measures the size of each function, and the time from the start of a new process to the answer to its first event. Table and
// queues run on this machine. An unexpected answer aborts the measurement.

/** Sizes and start times of a function: milliseconds to the first answer (`cold`) and of the second event (`next`). */
type StartMeasurement = {
  readonly id: string;
  readonly bytes: number;
  readonly gzipBytes: number;
  readonly coldP50: number;
  readonly coldP95: number;
  readonly nextP50: number;
  readonly answer: string;
};

export const functionStart: Scenario = {
  name: 'function-start',
  description: 'Size of each Lambda function, and its first event in a new process',
  measure: async ({ quick }) => {
    const cloud = await buildCloud();
    if (cloud === undefined)
      throw new Error('the deployment tools are not installed; run: npm run stacks:install');
    const stage = await startCloudStage({ ...cloud, secrets: SECRETS, replaced: {} });
    try {
      return await createReport(cloud, stage, quick ? 2 : 20);
    } finally {
      await stage.close();
      await cloud.remove();
    }
  },
};

async function createReport(cloud: BuiltCloud, stage: CloudStage, count: number): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), 'smol-pods-'));
  const specs = await createEventSpecs(stage);
  const rows: StartMeasurement[] = [];
  try {
    const emptyFunction = await measureEmptyFunctionStarts(folder, count);
    for (const bundle of await readBundles(cloud.bundles)) {
      const spec = specs[bundle.id];
      if (spec === undefined)
        throw new Error(`no event for the function ${bundle.id}; add an event to createEventSpecs`);
      const settings = bundle.id === 'cron-resync' ? createLaptopLauncherSettings(folder) : {};
      const start = () => stage.start(bundle.id, settings);
      const measureOnce = () => measureStart(spec, start, stage.frames);
      const times = await measureStarts(count, measureOnce).catch((error: unknown) => {
        throw new Error(`the measurement of the function ${bundle.id} failed`, {
          cause: error,
        });
      });
      rows.push({ ...bundle, ...times, answer: spec.expected });
    }
    const tables = [createStartTable(rows, emptyFunction, count, createNotes(specs))];
    return { tables, figures: { starts: count, nothing: emptyFunction, rows } };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Selects the launcher of the local platform, because smol-gang has no cloud launcher yet. */
function createLaptopLauncherSettings(folder: string): Readonly<Record<string, string>> {
  return { LAUNCHER: 'process', LAUNCHER_DIR: folder };
}

const bundlesSchema = z.array(
  z.object({ id: z.string(), bytes: z.number(), gzipBytes: z.number() }),
);

async function readBundles(folder: string) {
  return bundlesSchema.parse(JSON.parse(await readFile(join(folder, 'bundles.json'), 'utf8')));
}

async function measureStarts(count: number, measureOnce: () => Promise<StartTimes>) {
  const times: StartTimes[] = [];
  for (let run = 0; run < count; run += 1) times.push(await measureOnce());
  const coldTimesMs = times.map(({ coldMs }) => coldMs).toSorted((a, b) => a - b);
  const nextTimesMs = times.map(({ nextMs }) => nextMs).toSorted((a, b) => a - b);
  return {
    coldP50: computePercentile(coldTimesMs, 0.5),
    coldP95: computePercentile(coldTimesMs, 0.95),
    nextP50: computePercentile(nextTimesMs, 0.5),
  };
}

/** Measures the start of Node.js with an empty handler, for comparison. */
async function measureEmptyFunctionStarts(folder: string, count: number) {
  const file = join(folder, 'nothing.mjs');
  await writeFile(file, 'export const handler = () => null;\n');
  const spec: EventSpec = { createEvent: () => ({}), expected: 'null' };
  const start = async () => {
    const process = LambdaProcess.start(file, {});
    return { process, close: () => process.close() };
  };
  return measureStarts(count, () => measureStart(spec, start, []));
}

function createStartTable(
  rows: readonly StartMeasurement[],
  emptyFunction: Awaited<ReturnType<typeof measureStarts>>,
  count: number,
  notes: readonly string[],
): Table {
  return {
    title: `Functions, ${count} new processes per function`,
    head: ['function', 'KB', 'gzip KB', 'first p50 ms', 'first p95 ms', 'next p50 ms', 'answer'],
    rows: [
      [
        '(empty function)',
        0,
        0,
        emptyFunction.coldP50,
        emptyFunction.coldP95,
        emptyFunction.nextP50,
        'null',
      ],
      ...rows.map((row) => [
        row.id,
        Math.round(row.bytes / 1_000),
        Math.round(row.gzipBytes / 1_000),
        row.coldP50,
        row.coldP95,
        row.nextP50,
        row.answer,
      ]),
    ],
    notes: [
      'First: from the start of the process to the answer to its first event. Next: its second event alone.',
      'Table and queues run in the process of the bench, which checks the permissions of each function.',
      ...notes,
    ],
  };
}

function createNotes(specs: Readonly<Record<string, EventSpec>>): string[] {
  return Object.entries(specs).flatMap(([id, { note }]) =>
    note === undefined ? [] : [`${id}: ${note}`],
  );
}
