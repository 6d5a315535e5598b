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

// What one step of the engine pays on this machine, through the adapters and over the wire: a store
// operation, and the way of a message from its sender to the handler. One caller at a time, data on disk, store and queues
// in the process of their own that the laptop gives them.

const OPERATION_COUNT = 500;

export const platform: Scenario = {
  name: 'platform',
  description: 'What one step of the engine pays on this machine, over the wire',
  runScenario: async ({ quick }) => {
    const dataDir = await mkdtemp(join(tmpdir(), 'smol-bench-'));
    const count = quick ? 50 : OPERATION_COUNT;
    try {
      const opened = await openStoreAndQueues(dataDir);
      try {
        const rows = await benchStore(opened.table, count);
        return createReport([...rows, await benchQueue(opened, count)]);
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
    title: 'Milliseconds of one call at a time, data on disk',
    head: ['call', 'n', 'p50', 'p95', 'max'],
    rows: figures.map(({ what, count, p50, p95, max }) => [
      what,
      count,
      ...[p50, p95, max].map((ms) => ms.toFixed(2)),
    ]),
  };
  return { tables: [table], figures };
}

async function benchStore(table: Table, count: number): Promise<Measurement[]> {
  return [
    { label: 'store: put if absent', times: await measureRuns(count, (n) => putItem(table, n)) },
    { label: 'store: get', times: await measureRuns(count, (n) => getItem(table, n)) },
    {
      label: 'store: update if the version is still so',
      times: await measureRuns(count, (n) => updateItem(table, n)),
    },
    {
      label: 'store: first 25 of a partition',
      times: await measureRuns(count, () => queryItems(table)),
    },
    {
      label: 'store: first 25 of an index',
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

/** From before the send to the handler's call, each message once its predecessor has arrived. */
async function benchQueue({ openQueue }: OpenedBackend, count: number): Promise<Measurement> {
  let arrived = (_message: QueueMessage) => {};
  const queue = openQueue(async (message) => arrived(message));
  const times = await measureRuns(count, async (n) => {
    const arrival = new Promise<QueueMessage>((resolve) => {
      arrived = resolve;
    });
    const plan = `p${n}`;
    await queue.send([{ message: { type: 'reconcile_plan', v: 1, plan } }]);
    const message = await arrival;
    requireCondition(message.type === 'reconcile_plan' && message.plan === plan);
  });
  return { label: 'queue: from sender to handler', times };
}

/** A figure of something that did not work would be no figure. */
function requireCondition(holds: unknown): void {
  if (!holds) throw new Error('the platform did not do what is measured');
}
