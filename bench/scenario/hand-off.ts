import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAttemptId } from '../../core/contract/id.ts';
import type { Table as Store } from '../../core/port/table.ts';
import { createMemoryTable } from '../../test/support/memory-table.ts';
import { chainDag, type Dag, fanDag, randomDag } from '../lab/dag.ts';
import { type Call, createLab, type LabOptions } from '../lab/lab.ts';
import { realTime } from '../lab/lab-time.ts';
import { openStoreAndQueues } from '../lab/laptop.ts';
import { percentile } from '../lab/measure.ts';
import type { Scenario } from '../scenario.ts';

// How fast the engine itself is, with attempts that are done at once: from the merge of the last that a task waited on,
// known to the store, until its pod is asked for. Once over the laptop's own store and queues, once with both in memory.

const SLOTS = 64;
const RUNS = 3;
/** Of a graph with more tasks than that, over the laptop's store, one run has to do. */
const MANY = 500;
const LIMIT_MS = 1_800_000;

type Ground = Pick<LabOptions, 'openQueue'> & { table: Store; close(): Promise<void> };
type Run = { makespanMs: number; handOffMs: number[] };

const GROUNDS: readonly [string, () => Promise<Ground>][] = [
  ['memory', async () => ({ table: createMemoryTable(), close: async () => {} })],
  ['laptop', openLaptop],
];

export const handOff: Scenario = {
  name: 'hand-off',
  what: 'From a merge to the pod of the task that waited on it, and tasks per second',
  run: async ({ quick }) => {
    const dags = quick
      ? [chainDag(20), fanDag(20)]
      : [chainDag(100), fanDag(100), randomDag(1_000)];
    const figures = [];
    for (const dag of dags)
      for (const [ground, open] of GROUNDS)
        figures.push(await measureDag(dag, ground, open, quick || isLong(dag, ground) ? 1 : RUNS));
    const table = {
      title: 'Hand-off in milliseconds (commit to start), tasks per second',
      head: ['graph', 'store and queues', 'runs', 'p50', 'p95', 'p99', 'tasks/s', 'makespan s'],
      rows: figures.map((row) => [
        row.dag,
        row.ground,
        row.runs,
        ...[row.p50, row.p95, row.p99].map((ms) => ms.toFixed(1)),
        row.tasksPerSecond.toFixed(1),
        (row.makespanMs / 1_000).toFixed(1),
      ]),
      notes: [
        'Medians of the runs; percentiles are taken within a run. 64 slots, one process.',
        'Only the chain is pure latency: elsewhere waiting for a slot and for the merge queue is part of it.',
        'The makespan is from the submission, planning and activation included, to the last merge.',
      ],
    };
    return { tables: [table], figures };
  },
};

function isLong(dag: Dag, ground: string): boolean {
  return ground === 'laptop' && dag.nodes.length > MANY;
}

async function openLaptop(): Promise<Ground> {
  const dataDir = await mkdtemp(join(tmpdir(), 'smol-bench-'));
  const opened = await openStoreAndQueues(dataDir);
  return {
    ...opened,
    close: async () => {
      await opened.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function measureDag(dag: Dag, ground: string, open: () => Promise<Ground>, runs: number) {
  const measured: Run[] = [];
  for (let n = 0; n < runs; n += 1) measured.push(await measureRun(dag, await open()));
  const of = (value: (run: Run) => number): number =>
    percentile(
      measured.map(value).toSorted((a, b) => a - b),
      0.5,
    );
  const share = (part: number): number => of((run) => percentile(run.handOffMs, part));
  const makespanMs = of((run) => run.makespanMs);
  return {
    dag: dag.name,
    ground,
    runs,
    p50: share(0.5),
    p95: share(0.95),
    p99: share(0.99),
    tasksPerSecond: dag.nodes.length / (makespanMs / 1_000),
    makespanMs,
    makespanAllMs: measured.map((run) => run.makespanMs),
  };
}

async function measureRun(dag: Dag, ground: Ground): Promise<Run> {
  const time = realTime();
  const plan = 'p0123456789';
  const merged = new Map<string, number>();
  const started = new Map<string, number>();
  const onCall = (call: Call): void => note(call, merged, started);
  const options = { time, slots: SLOTS, webhooks: false, onCall };
  try {
    const lab = createLab({ ...options, table: ground.table, openQueue: ground.openQueue });
    const began = time.stamp();
    await lab.submit(plan, dag);
    const isOver = (): boolean => lab.complete.has(plan) || lab.failures.length > 0;
    const done = await time.run(isOver, LIMIT_MS);
    if (!done || lab.failures.length > 0) throw lab.failures[0] ?? new Error('it did not end');
    const ends = dag.nodes.map(({ id }) => merged.get(id) ?? Number.NaN);
    return { makespanMs: Math.max(...ends) - began, handOffMs: handOffs(dag, merged, started) };
  } finally {
    await ground.close();
  }
}

function note(call: Call, merged: Map<string, number>, started: Map<string, number>): void {
  const { what, about, answer } = call;
  if (what === 'ensure') {
    const key = parseAttemptId(about);
    if (key !== undefined && !started.has(key.task)) started.set(key.task, call.from);
  }
  if (what !== 'update' || !about.startsWith('TASK#') || !about.endsWith(' STATE')) return;
  const isMerged =
    typeof answer === 'object' &&
    answer !== null &&
    'status' in answer &&
    answer.status === 'merged';
  const task = about.split(' ')[0]?.split('#')[3] ?? '';
  if (isMerged && !merged.has(task)) merged.set(task, call.to);
}

/** Sorted. */
function handOffs(
  dag: Dag,
  merged: ReadonlyMap<string, number>,
  started: ReadonlyMap<string, number>,
): number[] {
  const times: number[] = [];
  for (const { id, dependsOn } of dag.nodes) {
    if (dependsOn.length === 0) continue;
    const free = Math.max(...dependsOn.map((parent) => merged.get(parent) ?? Number.NaN));
    const ms = (started.get(id) ?? Number.NaN) - free;
    if (!(ms >= 0))
      throw new Error(`${id} of ${dag.name} started before what it waits on was merged`);
    times.push(ms);
  }
  return times.sort((a, b) => a - b);
}
