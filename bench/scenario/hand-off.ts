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

// Measures the speed of the engine with attempts that finish immediately: first with table and queues in memory, then with the
// table and queues of the local platform (`laptop`).

const SLOTS = 64;
/** Graphs with more tasks than this number run less often. */
const LARGE_GRAPH_TASKS = 500;

type BackendName = 'memory' | 'laptop';
type OpenedBackend = StoreAndQueue & { close(): Promise<void> };

const BACKEND_OPENERS: Record<BackendName, () => Promise<OpenedBackend>> = {
  memory: async () => ({ table: createMemoryTable(), close: async () => {} }),
  laptop: openLaptop,
};

/** Number of uncounted runs, followed by the number of counted runs. */
type RunCount = { readonly warmUps: number; readonly runs: number };

export const handOff: Scenario = {
  name: 'hand-off',
  description: 'Time from a merge to the pod of the dependent task, and tasks per second',
  measure: async ({ quick }) => {
    const dags = quick
      ? [createChainDag(20), createFanDag(20)]
      : [createChainDag(100), createFanDag(100), createRandomDag(1_000)];
    const rows: MeasuredDag[] = [];
    const shares: StorageShare[] = [];
    for (const dag of dags) {
      const measure = async (backend: BackendName) =>
        measureDag(dag, backend, quick ? { warmUps: 1, runs: 1 } : chooseRunCount(dag, backend));
      const memory = await measure('memory');
      const laptop = await measure('laptop');
      rows.push(memory, laptop);
      shares.push(computeStorageShare(memory, laptop));
    }
    return {
      tables: [createMakespanTable(rows), createShareTable(shares)],
      figures: { rows, shares },
    };
  },
};

function chooseRunCount(dag: Dag, backend: BackendName): RunCount {
  if (dag.nodes.length <= LARGE_GRAPH_TASKS) return { warmUps: 1, runs: 5 };
  // A single run takes minutes.
  if (backend === 'laptop') return { warmUps: 0, runs: 1 };
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
  const backend = await BACKEND_OPENERS[name]();
  try {
    const runsWithWarmUps = await measureHandOffs(dag, backend, {
      count: warmUps + runs,
      slots: SLOTS,
    });
    return {
      dag: dag.name,
      backend: name,
      warmUps,
      runs,
      ...collectFigures(dag, runsWithWarmUps.slice(warmUps)),
    };
  } finally {
    await backend.close();
  }
}

function collectFigures(dag: Dag, countedRuns: readonly HandOffRun[]) {
  const computeMedian = (getValue: (run: HandOffRun) => number): number =>
    computePercentile(
      countedRuns.map(getValue).toSorted((a, b) => a - b),
      0.5,
    );
  const computeHandOffMs = (share: number): number =>
    computeMedian((run) => computePercentile(run.handOffMs, share));
  const makespanMs = computeMedian((run) => run.makespanMs);
  return {
    p50: computeHandOffMs(0.5),
    p95: computeHandOffMs(0.95),
    p99: computeHandOffMs(0.99),
    tasksPerSecond: dag.nodes.length / (makespanMs / 1_000),
    makespanMs,
    makespanAllMs: countedRuns.map((run) => run.makespanMs),
  };
}

type StorageShare = ReturnType<typeof computeStorageShare>;

/** Computes the share of the makespan that the local table and queues take, compared with table and queues in memory. */
function computeStorageShare(memory: MeasuredDag, laptop: MeasuredDag) {
  return {
    dag: laptop.dag,
    memoryMs: memory.makespanMs,
    laptopMs: laptop.makespanMs,
    storageShare: 1 - memory.makespanMs / laptop.makespanMs,
  };
}

function createMakespanTable(rows: readonly MeasuredDag[]): Table {
  return {
    title: 'Hand-off in milliseconds (merge to pod request), tasks per second',
    head: [
      'graph',
      'table and queues',
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
      row.backend,
      row.warmUps,
      row.runs,
      ...[row.p50, row.p95, row.p99].map((ms) => ms.toFixed(1)),
      row.tasksPerSecond.toFixed(1),
      (row.makespanMs / 1_000).toFixed(1),
    ]),
    notes: [
      'Medians of the runs; percentiles are computed per run. 64 slots, one engine in one process.',
      'Warm-ups are complete runs on the same table before the counted runs.',
      'Only the chain shows pure latency; other graphs also wait for slots and for the merge queue.',
      'The makespan lasts from the submission, including planning and activation, to the last merge.',
    ],
  };
}

function createShareTable(shares: readonly StorageShare[]): Table {
  return {
    title: 'Share of the local table and queues in the makespan',
    head: ['graph', 'memory s', 'laptop s', 'share %'],
    rows: shares.map(({ dag, memoryMs, laptopMs, storageShare }) => [
      dag,
      ...[memoryMs, laptopMs].map((ms) => (ms / 1_000).toFixed(2)),
      (storageShare * 100).toFixed(1),
    ]),
    notes: [
      'Share: 1 - memory / laptop. Includes the clients and network connections of table and queues.',
    ],
  };
}
