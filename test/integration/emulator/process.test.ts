import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { expect, onTestFinished, test } from 'vitest';
import { createDynamoTable } from '../../../adapters/dynamo/create-dynamo-table.ts';
import { createSqsQueue } from '../../../adapters/sqs/create-sqs-queue.ts';
import { createTable } from '../../../local/emulator/create-table.ts';
import { createCredential } from '../../../local/emulator/credential.ts';
import { startEmulators } from '../../../local/emulator/start-emulators.ts';
import { readCommandLine, readProcessEnvironment } from '../../support/process/process-scan.ts';
import { createSilentLog } from '../../support/silent-log.ts';
import { createTemporaryFolder, REGION, TABLE_NAME } from '../../support/store/test-emulators.ts';
import { waitUntil } from '../../support/wait-until.ts';

// Store and queues are a process of their own, which may end alone, and never outlives who started it.

const HOLDER = fileURLToPath(new URL('../../support/process/hold-emulators.ts', import.meta.url));
const KEY = { pk: 'P', sk: 'S' };

async function startTestEmulators(dataDir: string, more: { readonly startMs?: number } = {}) {
  const credential = createCredential();
  const options = {
    storeDir: join(dataDir, 'store'),
    queuesDir: join(dataDir, 'queues'),
    credential,
    log: createSilentLog(),
    env: process.env,
    ...more,
  };
  const emulators = await startEmulators(options);
  onTestFinished(() => emulators.close());
  const access = {
    endpoint: emulators.store.endpoint,
    region: REGION,
    credentials: credential,
    tableName: TABLE_NAME,
  };
  await createTable(access);
  return { emulators, credential, table: createDynamoTable(access) };
}

function isOtherProcess(pid: number | undefined, before: number): boolean {
  return pid !== undefined && pid !== before;
}

async function isProcessGone(pid: number): Promise<boolean> {
  return (await readCommandLine(pid)) === '';
}

test('killed alone it is back where it was, with what was written', async () => {
  const { emulators, table } = await startTestEmulators(await createTemporaryFolder());
  await table.put({ ...KEY, text: 'kept' });
  const before = emulators.pid() ?? 0;

  process.kill(before, 'SIGKILL');

  const found = await waitUntil('the store answers again', () =>
    table.get(KEY).catch(() => undefined),
  );
  expect(found).toMatchObject({ text: 'kept' });
  expect(emulators.pid()).not.toBe(before);
  const queues = await fetch(emulators.queues.endpoint);
  expect(queues.status).toBe(403);
});

test('what was being worked on when it was killed stays with who works on it', async () => {
  const { emulators, credential } = await startTestEmulators(await createTemporaryFolder());
  const { endpoint, urls } = emulators.queues;
  const access = { endpoint, region: REGION, credentials: credential };
  const sqs = new SQSClient(access);
  onTestFinished(() => sqs.destroy());
  const QueueUrl = urls.plan;
  const receive = async () => {
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
    return Messages;
  };
  await createSqsQueue({ ...access, urls }).send([{ message: { type: 'plan', v: 1, plan: 'p0' } }]);
  const [taken] = await receive();
  const before = emulators.pid() ?? 0;

  process.kill(before, 'SIGKILL');
  await waitUntil('another process', () => isOtherProcess(emulators.pid(), before));

  const again = await waitUntil('the queues answer again', () => receive().catch(() => undefined));
  expect(again).toEqual([]);
  const ReceiptHandle = taken?.ReceiptHandle;
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
});

test('one that does not get up in time is ended, and said', async () => {
  const dataDir = await createTemporaryFolder();

  await expect(startTestEmulators(dataDir, { startMs: 1 })).rejects.toThrow(
    'did not start within 0.001 s',
  );

  await startTestEmulators(dataDir);
});

test('what ends in order leaves no process, and the credential is in no environment and no argument', async () => {
  const { emulators, credential } = await startTestEmulators(await createTemporaryFolder());
  const pid = emulators.pid() ?? 0;
  const seen = `${await readCommandLine(pid)} ${await readProcessEnvironment(pid)}`;
  expect(seen).not.toContain(credential.accessKeyId);
  expect(seen).not.toContain(credential.secretAccessKey);

  await emulators.close();

  expect(await isProcessGone(pid)).toBe(true);
});

test('it ends with who started it, and its data can be opened at once by the next', async () => {
  const dataDir = await createTemporaryFolder();
  const holder = spawn(process.execPath, [HOLDER, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void holder.kill('SIGKILL'));
  const [line] = await once(createInterface(holder.stdout), 'line');

  holder.kill('SIGKILL');
  const { table } = await startTestEmulators(dataDir);

  expect(await table.put(KEY)).toBe(true);
  expect(await isProcessGone(Number(line))).toBe(true);
});

test('a second one on the same data says that it is in use', async () => {
  const dataDir = await createTemporaryFolder();
  await startTestEmulators(dataDir);

  await expect(startTestEmulators(dataDir)).rejects.toMatchObject({ code: 'store_in_use' });
});
