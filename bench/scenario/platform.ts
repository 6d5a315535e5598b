import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { QueueMessage } from '../../core/contract/queue.ts';
import type { Table } from '../../core/port/table.ts';
import { openStoreAndQueues } from '../lab/laptop.ts';
import { measure, percentile, type Row } from '../lab/measure.ts';
import type { Report, Scenario } from '../scenario.ts';

// What one step of the engine pays on this machine, through the adapters and over the wire: a store
// operation, and the way of a message from its sender to the handler. One caller at a time, data on disk, store and queues
// in the process of their own that the laptop gives them.

const COUNT = 500;

export const platform: Scenario = {
  name: 'platform',
  what: 'What one step of the engine pays on this machine, over the wire',
  run: async ({ quick }) => {
    const dataDir = await mkdtemp(join(tmpdir(), 'smol-bench-'));
    const count = quick ? 50 : COUNT;
    try {
      const opened = await openStoreAndQueues(dataDir);
      try {
        const rows = await benchStore(opened.table, count);
        return report([...rows, await benchQueue(opened, count)]);
      } finally {
        await opened.close();
      }
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  },
};

function report(rows: readonly Row[]): Report {
  const figures = rows.map(({ what, times }) => {
    const sorted = times.toSorted((a, b) => a - b);
    const [p50 = 0, p95 = 0, max = 0] = [0.5, 0.95, 1].map((share) => percentile(sorted, share));
    return { what, count: times.length, p50, p95, max };
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

async function benchStore(table: Table, count: number): Promise<Row[]> {
  return [
    { what: 'store: put if absent', times: await measure(count, (n) => put(table, n)) },
    { what: 'store: get', times: await measure(count, (n) => get(table, n)) },
    {
      what: 'store: update if the version is still so',
      times: await measure(count, (n) => update(table, n)),
    },
    { what: 'store: first 25 of a partition', times: await measure(count, () => query(table)) },
    { what: 'store: first 25 of an index', times: await measure(count, () => index(table)) },
  ];
}

function keyOf(n: number) {
  return { pk: 'BENCH', sk: `item-${String(n).padStart(6, '0')}` };
}

async function put(table: Table, n: number): Promise<void> {
  const item = { ...keyOf(n), version: 1, text: 'x'.repeat(500), dueShard: 'BENCH', dueAt: n };
  must(await table.put(item, [{ attribute: 'pk', is: 'absent' }]));
}

async function get(table: Table, n: number): Promise<void> {
  must(await table.get(keyOf(n)));
}

async function update(table: Table, n: number): Promise<void> {
  const change = { set: { version: 2 } };
  must(await table.update(keyOf(n), change, [{ attribute: 'version', equals: 1 }]));
}

async function query(table: Table): Promise<void> {
  must((await table.query('BENCH', { limit: 25 })).items.length === 25);
}

async function index(table: Table): Promise<void> {
  must((await table.index('due', 'BENCH', { limit: 25 })).items.length === 25);
}

type Opened = Awaited<ReturnType<typeof openStoreAndQueues>>;

/** From before the send to the handler's call, each message once its predecessor has arrived. */
async function benchQueue({ openQueue }: Opened, count: number): Promise<Row> {
  let arrived = (_message: QueueMessage) => {};
  const queue = openQueue(async (message) => arrived(message));
  const times = await measure(count, async (n) => {
    const arrival = new Promise<QueueMessage>((resolve) => {
      arrived = resolve;
    });
    const plan = `p${n}`;
    await queue.send([{ message: { type: 'drive_plan', v: 1, plan } }]);
    const message = await arrival;
    must(message.type === 'drive_plan' && message.plan === plan);
  });
  return { what: 'queue: from sender to handler', times };
}

/** A figure of something that did not work would be no figure. */
function must(holds: unknown): void {
  if (!holds) throw new Error('the platform did not do what is measured');
}
