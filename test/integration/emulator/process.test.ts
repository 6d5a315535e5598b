import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { expect, onTestFinished, test } from 'vitest';
import { createDynamoTable } from '../../../adapters/dynamo/create-dynamo-table.ts';
import { createSqsQueue } from '../../../adapters/sqs/create-sqs-queue.ts';
import { createCredential } from '../../../local/credential.ts';
import { createTable } from '../../../local/emulator/create-table.ts';
import { startEmulators } from '../../../local/emulator/start-emulators.ts';
import { readCommandLine, readProcessEnvironment } from '../../support/process/process-scan.ts';
import { createSilentLog } from '../../support/silent-log.ts';
import { createTemporaryFolder, REGION, TABLE_NAME } from '../../support/store/test-emulators.ts';
import { waitUntil } from '../../support/wait-until.ts';

// The emulator process (store and queues) restarts after a crash, and exits when the parent process exits.

const HOLD_EMULATORS_PROGRAM = fileURLToPath(
  new URL('../../support/process/hold-emulators.ts', import.meta.url),
);
const KEY = { pk: 'P', sk: 'S' };

async function startTestEmulators(
  dataDir: string,
  overrides: { readonly startTimeoutMs?: number } = {},
) {
  const credential = createCredential();
  const options = {
    storeDir: join(dataDir, 'store'),
    queuesDir: join(dataDir, 'queues'),
    credential,
    log: createSilentLog(),
    env: process.env,
    ...overrides,
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

function isOtherProcess(pid: number | undefined, firstPid: number): boolean {
  return pid !== undefined && pid !== firstPid;
}

async function isProcessGone(pid: number): Promise<boolean> {
  return (await readCommandLine(pid)) === '';
}

test('the emulators restart after a kill with the same endpoints and data', async () => {
  const { emulators, table } = await startTestEmulators(await createTemporaryFolder());
  await table.put({ ...KEY, text: 'kept' });
  const firstPid = emulators.pid() ?? 0;

  process.kill(firstPid, 'SIGKILL');

  const item = await waitUntil('the store answers again', () =>
    table.get(KEY).catch(() => undefined),
  );
  expect(item).toMatchObject({ text: 'kept' });
  expect(emulators.pid()).not.toBe(firstPid);
  const queues = await fetch(emulators.queues.endpoint);
  expect(queues.status).toBe(403);
});

test('a message that was received before a kill of the emulators stays invisible after their restart', async () => {
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
  const [firstMessage] = await receive();
  const firstPid = emulators.pid() ?? 0;

  process.kill(firstPid, 'SIGKILL');
  await waitUntil('the emulators run in a new process', () =>
    isOtherProcess(emulators.pid(), firstPid),
  );

  const receivedAgain = await waitUntil('the queues answer again', () =>
    receive().catch(() => undefined),
  );
  expect(receivedAgain).toEqual([]);
  const ReceiptHandle = firstMessage?.ReceiptHandle;
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
});

test('startEmulators kills emulators that do not start in time, and throws', async () => {
  const dataDir = await createTemporaryFolder();

  await expect(startTestEmulators(dataDir, { startTimeoutMs: 1 })).rejects.toThrow(
    'did not become ready within 0.001 s',
  );

  await startTestEmulators(dataDir);
});

test('the emulator process has the credential in neither its environment nor its arguments, and exits on close', async () => {
  const { emulators, credential } = await startTestEmulators(await createTemporaryFolder());
  const pid = emulators.pid() ?? 0;
  const processFacts = `${await readCommandLine(pid)} ${await readProcessEnvironment(pid)}`;
  expect(processFacts).not.toContain(credential.accessKeyId);
  expect(processFacts).not.toContain(credential.secretAccessKey);

  await emulators.close();

  expect(await isProcessGone(pid)).toBe(true);
});

test('the emulators exit with the parent process, and their data can be opened again immediately', async () => {
  const dataDir = await createTemporaryFolder();
  const parent = spawn(process.execPath, [HOLD_EMULATORS_PROGRAM, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void parent.kill('SIGKILL'));
  const [line] = await once(createInterface(parent.stdout), 'line');

  parent.kill('SIGKILL');
  const { table } = await startTestEmulators(dataDir);

  expect(await table.put(KEY)).toBe(true);
  expect(await isProcessGone(Number(line))).toBe(true);
});

test('a second start with the same data is refused as store_in_use', async () => {
  const dataDir = await createTemporaryFolder();
  await startTestEmulators(dataDir);

  await expect(startTestEmulators(dataDir)).rejects.toMatchObject({ code: 'store_in_use' });
});
