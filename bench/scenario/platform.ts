import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { QueueMessage } from '../../core/contract/queue-message.ts';
import type { Table } from '../../core/port/table.ts';
import { ITEM_IS_ABSENT } from '../../core/port/table.ts';
import type { Measurement } from '../lab/measure-runs.ts';
import { computePercentile, measureRuns } from '../lab/measure-runs.ts';
import { openStoreAndQueues } from '../lab/open-store-and-queues.ts';
import type { Report, Scenario } from '../scenario.ts';

// Measures calls of the table, and the time of a message from its sender to its handler, through the adapters and the network.
// Table and queues run in a separate process with data on disk; a single caller makes one call after the other.

const OPERATION_COUNT = 500;

export const platform: Scenario = {
  name: 'platform',
  description: 'Table and queue operations on this machine, through the network',
  measure: async ({ quick }) => {
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
  const figures = rows.map(({ label, timesMs }) => {
    const sorted = timesMs.toSorted((a, b) => a - b);
    const [p50 = 0, p95 = 0, max = 0] = [0.5, 0.95, 1].map((share) =>
      computePercentile(sorted, share),
    );
    return { operation: label, count: timesMs.length, p50, p95, max };
  });
  const table = {
    title: 'Milliseconds per call, one call at a time, data on disk',
    head: ['call', 'n', 'p50', 'p95', 'max'],
    rows: figures.map(({ operation, count, p50, p95, max }) => [
      operation,
      count,
      ...[p50, p95, max].map((ms) => ms.toFixed(2)),
    ]),
  };
  return { tables: [table], figures };
}

async function measureTable(table: Table, count: number): Promise<Measurement[]> {
  return [
    {
      label: 'table: put if absent',
      timesMs: await measureRuns(count, (index) => putItem(table, index)),
    },
    { label: 'table: get', timesMs: await measureRuns(count, (index) => getItem(table, index)) },
    {
      label: 'table: update if the version is unchanged',
      timesMs: await measureRuns(count, (index) => updateItem(table, index)),
    },
    {
      label: 'table: first 25 of a partition',
      timesMs: await measureRuns(count, () => queryItems(table)),
    },
    {
      label: 'table: first 25 of an index',
      timesMs: await measureRuns(count, () => queryIndex(table)),
    },
  ];
}

function createKey(index: number) {
  return { pk: 'BENCH', sk: `item-${String(index).padStart(6, '0')}` };
}

async function putItem(table: Table, index: number): Promise<void> {
  const item = {
    ...createKey(index),
    version: 1,
    text: 'x'.repeat(500),
    dueShard: 'BENCH',
    dueAt: index,
  };
  requireExpectedResult(await table.put(item, ITEM_IS_ABSENT));
}

async function getItem(table: Table, index: number): Promise<void> {
  requireExpectedResult(await table.get(createKey(index)));
}

async function updateItem(table: Table, index: number): Promise<void> {
  const change = { set: { version: 2 } };
  requireExpectedResult(
    await table.update(createKey(index), change, [{ attribute: 'version', equals: 1 }]),
  );
}

async function queryItems(table: Table): Promise<void> {
  requireExpectedResult((await table.query('BENCH', { limit: 25 })).items.length === 25);
}

async function queryIndex(table: Table): Promise<void> {
  requireExpectedResult(
    (await table.queryIndex('due', 'BENCH', { limit: 25 })).items.length === 25,
  );
}

type OpenedBackend = Awaited<ReturnType<typeof openStoreAndQueues>>;

/** Measures the time from before a send to the call of the handler, one message at a time. */
async function measureQueue({ openQueue }: OpenedBackend, count: number): Promise<Measurement> {
  let reportArrival = (_message: QueueMessage) => {};
  const queue = openQueue(async (message) => reportArrival(message));
  const timesMs = await measureRuns(count, async (index) => {
    const arrival = new Promise<QueueMessage>((resolve) => {
      reportArrival = resolve;
    });
    const plan = `p${index}`;
    await queue.send([{ message: { type: 'reconcile_plan', v: 1, plan } }]);
    const message = await arrival;
    requireExpectedResult(message.type === 'reconcile_plan' && message.plan === plan);
  });
  return { label: 'queue: from sender to handler', timesMs };
}

/** Throws if a measured operation gave an unexpected result. */
function requireExpectedResult(isExpected: unknown): void {
  if (!isExpected)
    throw new Error('a measured operation of table or queue gave an unexpected result');
}
