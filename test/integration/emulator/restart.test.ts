import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { create } from 'dynalite/db/index.js';
import { expect, onTestFinished, test } from 'vitest';
import { createDynamoTable } from '../../../adapters/dynamo/create-dynamo-table.ts';
import { createSqsQueue } from '../../../adapters/sqs/create-sqs-queue.ts';
import { isAppError } from '../../../core/base/app-error.ts';
import type { Item, Table } from '../../../core/port/table.ts';
import { createCredential } from '../../../local/credential.ts';
import { createTable } from '../../../local/emulator/create-table.ts';
import type { StartCommand } from '../../../local/emulator/emulator-message.ts';
import { startReplySchema } from '../../../local/emulator/emulator-message.ts';
import { startStore } from '../../../local/emulator/start-store.ts';
import { createTemporaryFolder, REGION, TABLE_NAME } from '../../support/store/test-emulators.ts';
import { waitUntil } from '../../support/wait-until.ts';

const PROGRAM = fileURLToPath(new URL('../../../local/emulator/main.ts', import.meta.url));
const SHARD = 'shard';

/** Starts the emulator process directly, without `startEmulators`, which would restart a killed process. */
async function startEmulatorProcess(dataDir: string) {
  const credentials = createCredential();
  const child = fork(PROGRAM, [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: [] });
  const exited = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const command: StartCommand = {
    storeDir: join(dataDir, 'store'),
    queuesDir: join(dataDir, 'queues'),
    credential: credentials,
    storePort: 0,
    queuesPort: 0,
    isRestart: false,
  };
  child.send(command);
  const [message] = await once(child, 'message');
  const reply = startReplySchema.parse(message);
  if (!('store' in reply)) throw new Error(reply.message);
  const { endpoint, urls } = reply.queues;
  const access = { endpoint: reply.store, region: REGION, credentials, tableName: TABLE_NAME };
  await createTable(access);
  const queueAccess = { endpoint, region: REGION, credentials, urls };
  return {
    table: createDynamoTable(access),
    queue: createSqsQueue(queueAccess),
    sqs: new SQSClient(queueAccess),
    urls,
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/**
 * Writes items that enter, move within and leave the due index until the store is killed; records acknowledged versions. The version
 * is in the attribute `status`, because the index projects no other attribute.
 */
async function writeUntilKilled(
  table: Table,
  writerIndex: number,
  acknowledged: Map<string, number>,
) {
  for (let n = 0; ; n += 1) {
    const sk = `item-${writerIndex}-${n % 7}`;
    const due = n % 3 === 0 ? { remove: ['dueAt'] } : { set: { dueAt: n, dueShard: SHARD } };
    try {
      const item = await table.update({ pk: 'p', sk }, { ...due, add: { status: 1 } });
      acknowledged.set(sk, Number(item?.status));
    } catch {
      return;
    }
  }
}

function listDueItems(items: readonly Item[]) {
  return items
    .filter((item) => item.dueAt !== undefined)
    .map((item) => `${item.sk} v${item.status} at ${item.dueAt}`)
    .sort();
}

test('acknowledged writes survive kill -9, and the indexes match the items', async () => {
  const dataDir = await createTemporaryFolder();
  for (let round = 0; round < 3; round += 1) {
    const emulators = await startEmulatorProcess(dataDir);
    const acknowledged = new Map<string, number>();
    const writers = Array.from({ length: 8 }, (_, n) =>
      writeUntilKilled(emulators.table, n, acknowledged),
    );
    await waitUntil('every item is written', () => acknowledged.size === 56);
    await emulators.kill();
    await Promise.all(writers);

    const { table, kill } = await startEmulatorProcess(dataDir);

    const { items } = await table.query('p');
    for (const [sk, version] of acknowledged) {
      const stored = items.find((item) => item.sk === sk);
      expect(Number(stored?.status)).toBeGreaterThanOrEqual(version);
    }
    const index = await table.queryIndex('due', SHARD);
    expect(listDueItems(index.items)).toEqual(listDueItems(items));
    await kill();
  }
});

test('messages survive kill -9: received messages become visible again, and deleted messages stay deleted', async () => {
  const dataDir = await createTemporaryFolder();
  const first = await startEmulatorProcess(dataDir);
  const QueueUrl = first.urls.plan;
  const plans = Array.from({ length: 12 }, (_, n) => `p${n}`);
  await first.queue.send(plans.map((plan) => ({ message: { type: 'plan', v: 1, plan } })));
  const receive = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 4 });
  const { Messages: firstBatch = [] } = await first.sqs.send(receive);
  const ReceiptHandle = firstBatch[0]?.ReceiptHandle;
  await first.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));

  await first.kill();
  const second = await startEmulatorProcess(dataDir);

  const received: string[] = [];
  await waitUntil('the queue is empty', async () => {
    const command = new ReceiveMessageCommand({
      QueueUrl: second.urls.plan,
      MaxNumberOfMessages: 10,
    });
    const { Messages = [] } = await second.sqs.send(command);
    received.push(...Messages.map((message) => JSON.parse(message.Body ?? '').plan));
    return Messages.length === 0;
  });
  const deleted = JSON.parse(firstBatch[0]?.Body ?? '').plan;
  expect(firstBatch).toHaveLength(4);
  expect(received.sort()).toEqual(plans.filter((plan) => plan !== deleted).sort());
});

test('startStore repairs the indexes after a kill, but not after an orderly close', async () => {
  const dataDir = await createTemporaryFolder();
  const credential = createCredential();
  const openStore = async () => {
    const store = await startStore({ dataDir, credential });
    const access = { endpoint: store.endpoint, region: REGION, credentials: credential };
    await createTable({ ...access, tableName: TABLE_NAME });
    return { store, table: createDynamoTable({ ...access, tableName: TABLE_NAME }) };
  };
  const first = await openStore();
  await first.table.put({ pk: 'p', sk: 'missing', dueShard: SHARD, dueAt: 1 });
  await first.table.put({ pk: 'p', sk: 'changed', dueShard: SHARD, dueAt: 2, status: 'new' });
  await first.table.put({ pk: 'p', sk: 'gone', dueShard: SHARD, dueAt: 3 });
  await first.store.close();
  expect(existsSync(join(dataDir, 'not-closed'))).toBe(false);
  await breakIndex(join(dataDir, 'level'));

  const unrepaired = await openStore();
  expect(listDueNames(await unrepaired.table.queryIndex('due', SHARD))).toEqual([
    'changed',
    'gone',
  ]);
  await unrepaired.store.close();
  await writeFile(join(dataDir, 'not-closed'), '');
  const repaired = await openStore();
  onTestFinished(() => repaired.store.close());

  const { items } = await repaired.table.queryIndex('due', SHARD);
  expect(listDueNames({ items })).toEqual(['missing', 'changed']);
  expect(items[1]?.status).toBe('new');
});

function listDueNames({ items }: { readonly items: readonly Item[] }) {
  return items.map((item) => item.sk);
}

/** Changes the data as a kill in the middle of a write can: the index then has a missing, an outdated and an orphaned entry. */
async function breakIndex(path: string): Promise<void> {
  const { db } = create({ path });
  await db.open();
  const range = { gte: 'index-global~', lt: 'index-global~~~' };
  for await (const [key, entry] of db.iterator(range)) {
    const text = JSON.stringify(entry);
    if (text.includes('missing')) await db.del(key);
    if (text.includes('changed')) await db.put(key, JSON.parse(text.replace('new', 'old')));
  }
  for await (const [key, item] of db.iterator({ gte: 'item-', lt: 'item-~' })) {
    if (JSON.stringify(item).includes('gone')) await db.del(key);
  }
  await db.close();
}

test('startStore refuses data that another process has open, and names the folder', async () => {
  const dataDir = await createTemporaryFolder();
  await startEmulatorProcess(dataDir);

  const second = startStore({ dataDir: join(dataDir, 'store'), credential: createCredential() });

  await expect(second).rejects.toSatisfy(
    (error) => isAppError(error, 'conflict', 'store_in_use') && error.message.includes(dataDir),
  );
});

test('the store refuses callers with another credential or none', async () => {
  const dataDir = await createTemporaryFolder();
  const store = await startStore({ dataDir, credential: createCredential() });
  onTestFinished(() => store.close());
  const credentials = { accessKeyId: 'OTHER', secretAccessKey: 'other' };
  const access = { endpoint: store.endpoint, region: REGION, credentials, tableName: TABLE_NAME };

  await expect(createTable(access)).rejects.toThrow(
    expect.objectContaining({ name: 'UnrecognizedClientException' }),
  );
  await expect(createDynamoTable(access).get({ pk: 'p', sk: 's' })).rejects.toSatisfy((error) =>
    isAppError(error, 'bug', 'store_refused'),
  );
  expect((await fetch(store.endpoint)).status).toBe(403);
});
