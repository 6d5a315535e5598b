import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMemoryTable } from '../../test/support/memory-table.ts';
import { chainDag, type Dag, fanDag, randomDag } from '../lab/dag.ts';
import { openStoreAndQueues } from '../lab/laptop.ts';
import { percentile } from '../lab/measure.ts';
import { type Ground, type HandOffRun, measureHandOffs } from '../lab/measure-hand-off.ts';
import type { Scenario, Table } from '../scenario.ts';

// How fast the engine itself is, with attempts that are done at once. Once over the laptop's own store and queues, once
// with both in memory.

const SLOTS = 64;
/** A graph with more tasks than that is run less often. */
const MANY = 500;

type GroundName = 'memory' | 'laptop';
type Opened = Ground & { close(): Promise<void> };

const OPEN: Record<GroundName, () => Promise<Opened>> = {
  memory: async () => ({ table: createMemoryTable(), close: async () => {} }),
  laptop: openLaptop,
};

/** Warm-ups come first and are not counted. */
type Count = { readonly warmUps: number; readonly runs: number };

export const handOff: Scenario = {
  name: 'hand-off',
  what: 'From a merge to the pod of the task that waited on it, and tasks per second',
  run: async ({ quick }) => {
    const dags = quick
      ? [chainDag(20), fanDag(20)]
      : [chainDag(100), fanDag(100), randomDag(1_000)];
    const rows: Row[] = [];
    const shares: Share[] = [];
    for (const dag of dags) {
      const measured = async (ground: GroundName) =>
        measureDag(dag, ground, quick ? { warmUps: 1, runs: 1 } : countOf(dag, ground));
      const memory = await measured('memory');
      const laptop = await measured('laptop');
      rows.push(memory, laptop);
      shares.push(shareOf(memory, laptop));
    }
    return { tables: [tableOf(rows), tableOfShares(shares)], figures: { rows, shares } };
  },
};

function countOf(dag: Dag, ground: GroundName): Count {
  if (dag.nodes.length <= MANY) return { warmUps: 1, runs: 5 };
  // One takes minutes.
  if (ground === 'laptop') return { warmUps: 0, runs: 1 };
  return { warmUps: 1, runs: 3 };
}

async function openLaptop(): Promise<Opened> {
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

type Row = Awaited<ReturnType<typeof measureDag>>;

async function measureDag(dag: Dag, name: GroundName, { warmUps, runs }: Count) {
  const ground = await OPEN[name]();
  try {
    const all = await measureHandOffs(dag, ground, { count: warmUps + runs, slots: SLOTS });
    return { dag: dag.name, ground: name, warmUps, runs, ...figuresOf(dag, all.slice(warmUps)) };
  } finally {
    await ground.close();
  }
}

function figuresOf(dag: Dag, counted: readonly HandOffRun[]) {
  const median = (value: (run: HandOffRun) => number): number =>
    percentile(
      counted.map(value).toSorted((a, b) => a - b),
      0.5,
    );
  const handOffMs = (part: number): number => median((run) => percentile(run.handOffMs, part));
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

type Share = ReturnType<typeof shareOf>;

/** How much of the laptop's makespan goes when its store and its queues do. */
function shareOf(memory: Row, laptop: Row) {
  return {
    dag: laptop.dag,
    memoryMs: memory.makespanMs,
    laptopMs: laptop.makespanMs,
    embedded: 1 - memory.makespanMs / laptop.makespanMs,
  };
}

function tableOf(rows: readonly Row[]): Table {
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

function tableOfShares(shares: readonly Share[]): Table {
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
