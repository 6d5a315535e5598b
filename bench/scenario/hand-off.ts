import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMemoryTable } from '../../test/support/store/memory-table.ts';
import type { Dag } from '../lab/dag.ts';
import { createChainDag, createFanDag, createRandomDag } from '../lab/dag.ts';
import type { HandOffRun, StoreAndQueue } from '../lab/measure-hand-offs.ts';
import { measureHandOffs } from '../lab/measure-hand-offs.ts';
import { computePercentile } from '../lab/measure-runs.ts';
import { openStoreAndQueues } from '../lab/open-store-and-queues.ts';
import type { Scenario, Table } from '../scenario.ts';

// How fast the engine itself is, with attempts that are done at once. Once over the laptop's own store and queues, once
// with both in memory.

const SLOTS = 64;
/** A graph with more tasks than that is run less often. */
const LARGE_GRAPH_TASKS = 500;

type BackendName = 'memory' | 'laptop';
type OpenedBackend = StoreAndQueue & { close(): Promise<void> };

const BACKEND_OPENERS: Record<BackendName, () => Promise<OpenedBackend>> = {
  memory: async () => ({ table: createMemoryTable(), close: async () => {} }),
  laptop: openLaptop,
};

/** Warm-ups come first and are not counted. */
type RunCount = { readonly warmUps: number; readonly runs: number };

export const handOff: Scenario = {
  name: 'hand-off',
  description: 'From a merge to the pod of the task that waited on it, and tasks per second',
  runScenario: async ({ quick }) => {
    const dags = quick
      ? [createChainDag(20), createFanDag(20)]
      : [createChainDag(100), createFanDag(100), createRandomDag(1_000)];
    const rows: MeasuredDag[] = [];
    const shares: StorageShare[] = [];
    for (const dag of dags) {
      const measured = async (ground: BackendName) =>
        measureDag(dag, ground, quick ? { warmUps: 1, runs: 1 } : chooseRunCount(dag, ground));
      const memory = await measured('memory');
      const laptop = await measured('laptop');
      rows.push(memory, laptop);
      shares.push(computeStorageShare(memory, laptop));
    }
    return {
      tables: [createMakespanTable(rows), createShareTable(shares)],
      figures: { rows, shares },
    };
  },
};

function chooseRunCount(dag: Dag, ground: BackendName): RunCount {
  if (dag.nodes.length <= LARGE_GRAPH_TASKS) return { warmUps: 1, runs: 5 };
  // One takes minutes.
  if (ground === 'laptop') return { warmUps: 0, runs: 1 };
  return { warmUps: 1, runs: 3 };
}

async function openLaptop(): Promise<OpenedBackend> {
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

type MeasuredDag = Awaited<ReturnType<typeof measureDag>>;

async function measureDag(dag: Dag, name: BackendName, { warmUps, runs }: RunCount) {
  const ground = await BACKEND_OPENERS[name]();
  try {
    const all = await measureHandOffs(dag, ground, { count: warmUps + runs, slots: SLOTS });
    return {
      dag: dag.name,
      ground: name,
      warmUps,
      runs,
      ...collectFigures(dag, all.slice(warmUps)),
    };
  } finally {
    await ground.close();
  }
}

function collectFigures(dag: Dag, counted: readonly HandOffRun[]) {
  const median = (value: (run: HandOffRun) => number): number =>
    computePercentile(
      counted.map(value).toSorted((a, b) => a - b),
      0.5,
    );
  const handOffMs = (part: number): number =>
    median((run) => computePercentile(run.handOffMs, part));
  const makespanMs = median((run) => run.makespanMs);
  return {
    p50: handOffMs(0.5),
    p95: handOffMs(0.95),
    p99: handOffMs(0.99),
    tasksPerSecond: dag.nodes.length / (makespanMs / 1_000),
    makespanMs,
    makespanAllMs: counted.map((run) => run.makespanMs),
  };
}

type StorageShare = ReturnType<typeof computeStorageShare>;

/** How much of the laptop's makespan goes when its store and its queues do. */
function computeStorageShare(memory: MeasuredDag, laptop: MeasuredDag) {
  return {
    dag: laptop.dag,
    memoryMs: memory.makespanMs,
    laptopMs: laptop.makespanMs,
    embedded: 1 - memory.makespanMs / laptop.makespanMs,
  };
}

function createMakespanTable(rows: readonly MeasuredDag[]): Table {
  return {
    title: 'Hand-off in milliseconds (commit to start), tasks per second',
    head: [
      'graph',
      'store and queues',
      'warm-ups',
      'runs',
      'p50',
      'p95',
      'p99',
      'tasks/s',
      'makespan s',
    ],
    rows: rows.map((row) => [
      row.dag,
      row.ground,
      row.warmUps,
      row.runs,
      ...[row.p50, row.p95, row.p99].map((ms) => ms.toFixed(1)),
      row.tasksPerSecond.toFixed(1),
      (row.makespanMs / 1_000).toFixed(1),
    ]),
    notes: [
      'Medians of the runs; percentiles are taken within a run. 64 slots, one engine in one process.',
      'Warm-ups are whole runs before them, over the same store, and are not counted.',
      'Only the chain is pure latency: elsewhere waiting for a slot and for the merge queue is part of it.',
      'The makespan is from the submission, planning and activation included, to the last merge.',
    ],
  };
}

function createShareTable(shares: readonly StorageShare[]): Table {
  return {
    title: "How much of the laptop's makespan is its embedded store and queues",
    head: ['graph', 'memory s', 'laptop s', 'share %'],
    rows: shares.map(({ dag, memoryMs, laptopMs, embedded }) => [
      dag,
      ...[memoryMs, laptopMs].map((ms) => (ms / 1_000).toFixed(2)),
      (embedded * 100).toFixed(1),
    ]),
    notes: ['1 - memory / laptop: their clients and the wire to them are part of it.'],
  };
}
