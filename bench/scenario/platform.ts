import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { QueueMessage } from '../../core/contract/queue.ts';
import type { Table } from '../../core/port/table.ts';
import { ITEM_IS_ABSENT } from '../../core/port/table.ts';
import type { Measurement } from '../lab/measure-runs.ts';
import { computePercentile, measureRuns } from '../lab/measure-runs.ts';
import { openStoreAndQueues } from '../lab/open-store-and-queues.ts';
import type { Report, Scenario } from '../scenario.ts';

// Measures basic operations of the local platform, through the adapters and the network: calls of the table, and the time of a
// message from its sender to the handler. A single caller, data on disk, table and queues in a separate process.

const OPERATION_COUNT = 500;

export const platform: Scenario = {
  name: 'platform',
  description: 'Table and queue operations on this machine, through the network',
  runScenario: async ({ quick }) => {
    const dataDir = await mkdtemp(join(tmpdir(), 'smol-bench-'));
    const count = quick ? 50 : OPERATION_COUNT;
    try {
      const opened = await openStoreAndQueues(dataDir);
      try {
        const rows = await measureTable(opened.table, count);
        return createReport([...rows, await measureQueue(opened, count)]);
      } finally {
        await opened.close();
      }
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  },
};

function createReport(rows: readonly Measurement[]): Report {
  const figures = rows.map(({ label, times }) => {
    const sorted = times.toSorted((a, b) => a - b);
    const [p50 = 0, p95 = 0, max = 0] = [0.5, 0.95, 1].map((share) =>
      computePercentile(sorted, share),
    );
    return { what: label, count: times.length, p50, p95, max };
  });
  const table = {
    title: 'Milliseconds per call, one call at a time, data on disk',
    head: ['call', 'n', 'p50', 'p95', 'max'],
    rows: figures.map(({ what, count, p50, p95, max }) => [
      what,
      count,
      ...[p50, p95, max].map((ms) => ms.toFixed(2)),
    ]),
  };
  return { tables: [table], figures };
}

async function measureTable(table: Table, count: number): Promise<Measurement[]> {
  return [
    { label: 'table: put if absent', times: await measureRuns(count, (n) => putItem(table, n)) },
    { label: 'table: get', times: await measureRuns(count, (n) => getItem(table, n)) },
    {
      label: 'table: update if the version is unchanged',
      times: await measureRuns(count, (n) => updateItem(table, n)),
    },
    {
      label: 'table: first 25 of a partition',
      times: await measureRuns(count, () => queryItems(table)),
    },
    {
      label: 'table: first 25 of an index',
      times: await measureRuns(count, () => queryIndex(table)),
    },
  ];
}

function createKey(n: number) {
  return { pk: 'BENCH', sk: `item-${String(n).padStart(6, '0')}` };
}

async function putItem(table: Table, n: number): Promise<void> {
  const item = { ...createKey(n), version: 1, text: 'x'.repeat(500), dueShard: 'BENCH', dueAt: n };
  requireCondition(await table.put(item, ITEM_IS_ABSENT));
}

async function getItem(table: Table, n: number): Promise<void> {
  requireCondition(await table.get(createKey(n)));
}

async function updateItem(table: Table, n: number): Promise<void> {
  const change = { set: { version: 2 } };
  requireCondition(await table.update(createKey(n), change, [{ attribute: 'version', equals: 1 }]));
}

async function queryItems(table: Table): Promise<void> {
  requireCondition((await table.query('BENCH', { limit: 25 })).items.length === 25);
}

async function queryIndex(table: Table): Promise<void> {
  requireCondition((await table.index('due', 'BENCH', { limit: 25 })).items.length === 25);
}

type OpenedBackend = Awaited<ReturnType<typeof openStoreAndQueues>>;

/** Measures the time from before the send to the call of the handler, one message at a time. */
async function measureQueue({ openQueue }: OpenedBackend, count: number): Promise<Measurement> {
  let reportArrival = (_message: QueueMessage) => {};
  const queue = openQueue(async (message) => reportArrival(message));
  const times = await measureRuns(count, async (n) => {
    const arrival = new Promise<QueueMessage>((resolve) => {
      reportArrival = resolve;
    });
    const plan = `p${n}`;
    await queue.send([{ message: { type: 'reconcile_plan', v: 1, plan } }]);
    const message = await arrival;
    requireCondition(message.type === 'reconcile_plan' && message.plan === plan);
  });
  return { label: 'queue: from sender to handler', times };
}

/** Aborts a measurement whose operation failed. */
function requireCondition(condition: unknown): void {
  if (!condition) throw new Error('a measured operation failed');
}
