import { randomUUID } from 'node:crypto';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { createDynamoTable } from '../../../adapters/dynamo/create-dynamo-table.ts';
import { createPush } from '../../../adapters/websocket/create-push.ts';
import { removeUser } from '../../../core/access/change-user.ts';
import { issueSocketTicket } from '../../../core/access/one-time-secret.ts';
import { serverFrameSchema } from '../../../core/contract/frame.ts';
import { KEY } from '../../../core/topology/table-keys.ts';
import { createCredential } from '../../../local/credential.ts';
import { createTable } from '../../../local/emulator/create-table.ts';
import type { StoreEmulator } from '../../../local/emulator/start-store.ts';
import { startStore } from '../../../local/emulator/start-store.ts';
import { createMessageEvent } from '../../../local/gateway/socket-event.ts';
import type { Gateway } from '../../../local/gateway/start-gateway.ts';
import { startGateway } from '../../../local/gateway/start-gateway.ts';
import type { LambdaHandler } from '../../../local/lambda-handler.ts';
import { invokeLambda, loadHandler } from '../../../local/lambda-handler.ts';
import { createTestAccess, createTestUser } from '../../support/contract/test-access.ts';
import { createSilentLog } from '../../support/silent-log.ts';
import { REGION, TABLE_NAME } from '../../support/store/test-emulators.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { makeTemporaryDirectory } from '../../support/workspace/git.ts';

// Sends invalid frames to the deployed WebSocket handlers through the gateway and store of the laptop. Each frame is answered
// or ends the connection, and no frame changes the table.

const PLAN = 'p3k9m2x7abc';
const NORMAL_CLOSURE = 1000;
const TOO_LARGE = 1009;
const UNSUPPORTED_DATA = 1003;
const MAX_FRAME_BYTES = 32 * 1024;

const credentials = createCredential();
let directory: Awaited<ReturnType<typeof makeTemporaryDirectory>>;
let store: StoreEmulator;
let gateway: Gateway;
let onMessage: LambdaHandler;
const connectionIds: string[] = [];

beforeAll(async () => {
  directory = await makeTemporaryDirectory();
  store = await startStore({ dataDir: directory.path, credential: credentials });
  await createTable({ ...createStoreAccess(), tableName: TABLE_NAME });
  const [connect, message, disconnect] = await Promise.all(
    ['connect', 'default', 'disconnect'].map((name) => loadHandler(`functions/ws/${name}.ts`)),
  );
  if (connect === undefined || message === undefined || disconnect === undefined)
    throw new Error('a WebSocket handler is missing');
  onMessage = message;
  gateway = await startGateway({
    port: 0,
    functions: [],
    sockets: {
      $connect: (event, context) => {
        connectionIds.push(getConnectionId(event));
        return connect(event, context);
      },
      $default: message,
      $disconnect: disconnect,
    },
    credential: credentials,
    log: createSilentLog(),
  });
  // The handlers read the environment at their first call.
  vi.stubEnv('AWS_ACCESS_KEY_ID', credentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', credentials.secretAccessKey);
  vi.stubEnv('AWS_REGION', REGION);
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', store.endpoint);
  vi.stubEnv('TABLE_NAME', TABLE_NAME);
  vi.stubEnv('SOCKET_ENDPOINT', gateway.url);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await gateway.close();
  await store.close();
  await directory.remove();
});

function createStoreAccess() {
  return { endpoint: store.endpoint, region: REGION, credentials };
}

function getConnectionId(event: unknown): string {
  const { requestContext } = Object(event);
  return String(requestContext.connectionId);
}

/** Returns all stored items in a stable order, without the items that only record an open connection. */
async function readStoredItems(): Promise<string[]> {
  const { Items = [] } = await new DynamoDBClient(createStoreAccess()).send(
    new ScanCommand({ TableName: TABLE_NAME, ConsistentRead: true }),
  );
  const isConnection = (key: string) =>
    /^\{"pk":\{"S":"CONNECTION#[^"]*"\},"sk":\{"S":"HEAD"|"S":"CONN#/.test(key);
  return Items.map((item) => JSON.stringify(item))
    .filter((item) => !isConnection(item))
    .toSorted();
}

function createTestDeps() {
  const table = createDynamoTable({ ...createStoreAccess(), tableName: TABLE_NAME });
  return createTestAccess(table).deps;
}

async function createTestTicket(): Promise<string> {
  const deps = createTestDeps();
  const { actor } = await createTestUser(deps, `${randomUUID()}@example.org`, 'viewer');
  return (await issueSocketTicket(deps, actor)).ticket;
}

/** Opens a socket and records its messages. */
async function connectSocket(protocols: string[]) {
  const socket = new WebSocket(gateway.socketUrl, protocols);
  let connectionId: string | undefined;
  onTestFinished(async () => {
    socket.terminate();
    if (connectionId === undefined) return;
    const key = KEY.connection(connectionId);
    const { table } = createTestDeps();
    await waitUntil('the disconnect', async () => (await table.get(key)) === undefined);
  });
  const received: string[] = [];
  socket.on('message', (data) => received.push(data.toString()));
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  await new Promise((resolve, reject) => {
    socket.on('open', resolve);
    socket.on('error', reject);
  });
  connectionId = connectionIds.at(-1);
  async function readFrame() {
    await waitUntil('an answer', () => received.length > 0);
    return serverFrameSchema.parse(JSON.parse(received.shift() ?? ''));
  }
  return { socket, closed, readFrame };
}

async function connectSignedIn() {
  return connectSocket(['smol-gang', await createTestTicket()]);
}

const nestArrays = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
const nestObjects = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;

const BAD_FRAMES = [
  '',
  'ping',
  '{',
  'null',
  '[]',
  '"ping"',
  '{}',
  '{"type":"ping"}',
  '{"type":"ping","v":2}',
  '{"type":"ping","v":"1"}',
  '{"type":"ping","v":1,"more":1}',
  '{"type":"__proto__","v":1}',
  '{"__proto__":{"type":"ping","v":1}}',
  '{"type":"pong","v":1}',
  '{"type":"changed","v":1,"plan":"p3k9m2x7abc","at":1}',
  '{"type":"subscribe","v":1}',
  '{"type":"subscribe","v":1,"plan":7}',
  '{"type":"subscribe","v":1,"plan":["p3k9m2x7abc"]}',
  '{"type":"subscribe","v":1,"plan":"p3k9m2x7abc","connection":"x"}',
  nestArrays(MAX_FRAME_BYTES / 2),
  '['.repeat(MAX_FRAME_BYTES),
  nestObjects(5_000),
];
const BAD_PLAN_IDS = [
  '',
  'x$(id)',
  '../../etc/passwd',
  'a/b',
  `${PLAN}\0`,
  ` ${PLAN}`,
  `${PLAN}\n`,
  PLAN.toUpperCase(),
  'é',
  'CONNECTION#x',
  'x'.repeat(30_000),
];

describe('an invalid frame', () => {
  test('is answered with invalid_frame and the accepted types', async () => {
    // Two connections, because a connection may send only 20 frames in a second.
    const connections = [await connectSignedIn(), await connectSignedIn()];
    const before = await readStoredItems();
    for (const [index, frame] of BAD_FRAMES.entries()) {
      const { socket, readFrame } = connections[index % 2] ?? (await connectSignedIn());
      socket.send(frame);
      const answer = await readFrame();
      expect(answer, frame.slice(0, 80)).toMatchObject({ type: 'error', code: 'invalid_frame' });
      expect(answer).toMatchObject({ message: expect.stringContaining('subscribe') });
    }
    expect(await readStoredItems()).toEqual(before);
    for (const { socket, readFrame } of connections) {
      socket.send('{"type":"ping","v":1}');
      expect(await readFrame()).toEqual({ type: 'pong', v: 1 });
    }
  });

  test('is answered with invalid_frame even at a size of 2 MB, which only a gateway with a higher limit passes on', async () => {
    const { readFrame } = await connectSignedIn();
    const identity = {
      connectionId: connectionIds.at(-1) ?? '',
      connectedAt: 0,
      domainName: 'localhost',
      sourceIp: '127.0.0.1',
      userAgent: '',
    };
    const before = await readStoredItems();
    for (const body of ['x'.repeat(2_000_000), nestArrays(1_000_000), nestObjects(300_000)]) {
      const target = { name: 'ws-default', handler: onMessage, timeoutMs: 20_000 };
      await invokeLambda(target, createMessageEvent(identity, body, 'request'));
      expect(await readFrame()).toMatchObject({ type: 'error', code: 'invalid_frame' });
    }
    expect(await readStoredItems()).toEqual(before);
  });
});

describe.each(['subscribe', 'unsubscribe'])('%s', (type) => {
  test('with an invalid plan id is answered with invalid_plan', async () => {
    const { socket, readFrame } = await connectSignedIn();
    const before = await readStoredItems();
    for (const plan of BAD_PLAN_IDS) {
      socket.send(JSON.stringify({ type, v: 1, plan }));
      const answer = await readFrame();
      expect(answer, plan.slice(0, 80)).toMatchObject({ type: 'error', code: 'invalid_plan' });
      expect(answer).toMatchObject({ message: expect.stringContaining('plan id') });
    }
    expect(await readStoredItems()).toEqual(before);
  });
});

test('a subscription changes the table only if the plan exists', async () => {
  const { socket, readFrame } = await connectSignedIn();
  const before = await readStoredItems();
  const subscribe = JSON.stringify({ type: 'subscribe', v: 1, plan: PLAN });
  socket.send(subscribe);
  expect(await readFrame()).toMatchObject({ type: 'error', code: 'plan_not_found' });
  expect(await readStoredItems()).toEqual(before);
  await createTestDeps().table.put({ pk: `PLAN#${PLAN}`, sk: 'HEAD' });
  socket.send(subscribe);
  expect(await readFrame()).toEqual({ type: 'subscribed', v: 1, plan: PLAN });
  expect((await readStoredItems()).length).toBe(before.length + 3);
});

test('a connection cannot watch more than 200 plans, also after it repeats a subscription', async () => {
  const { socket, readFrame } = await connectSignedIn();
  const { table } = createTestDeps();
  const plans = [PLAN, 'p3k9m2x7abd'];
  for (const plan of plans) await table.put({ pk: `PLAN#${plan}`, sk: 'HEAD' });
  const connection = { pk: `CONNECTION#${connectionIds.at(-1)}`, sk: 'HEAD' };
  await table.update(connection, { set: { watchedPlans: 199 } });
  const sendSubscription = async (plan = '', type = 'subscribe') => {
    socket.send(JSON.stringify({ type, v: 1, plan }));
    return type === 'subscribe' ? readFrame() : undefined;
  };
  expect(await sendSubscription(plans[0])).toMatchObject({ type: 'subscribed' });
  expect(await sendSubscription(plans[0])).toMatchObject({ type: 'subscribed' });
  expect(await sendSubscription(plans[1])).toMatchObject({ type: 'error', code: 'limit' });
  expect((await table.get(connection))?.watchedPlans).toBe(200);
  await sendSubscription(plans[0], 'unsubscribe');
  await waitUntil('the end of the subscription', async () => {
    return (await table.get(connection))?.watchedPlans === 199;
  });
  expect(await sendSubscription(plans[1])).toMatchObject({ type: 'subscribed' });
});

test('frames above 20 in a second are answered with limit', async () => {
  const { socket, readFrame } = await connectSignedIn();
  for (let n = 0; n < 100; n += 1) socket.send('{"type":"ping","v":1}');
  const kinds = new Map<string, number>();
  for (let n = 0; n < 100; n += 1) {
    const answer = await readFrame();
    const kind = answer.type === 'error' ? answer.code : answer.type;
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  expect([...kinds.keys()].toSorted()).toEqual(['limit', 'pong']);
});

describe('the socket of a user', () => {
  async function connectAs(email: string) {
    const deps = { ...createTestDeps(), push: createTestPush() };
    const { actor } = await createTestUser(deps, email, 'viewer');
    const { ticket } = await issueSocketTicket(deps, actor);
    return { deps, actor, ...(await connectSocket(['smol-gang', ticket])) };
  }
  const createTestPush = () => createPush({ endpoint: gateway.url, region: REGION, credentials });

  test('closes within a second after the user is removed', async () => {
    const { deps, closed } = await connectAs('gone@example.org');
    const { actor: admin } = await createTestUser(deps, 'root@example.org', 'admin');
    const startedAt = Date.now();
    await removeUser(deps, admin, 'gone@example.org');
    expect(await closed).toBe(NORMAL_CLOSURE);
    expect(Date.now() - startedAt).toBeLessThan(1_000);
  });

  test('closes at its next frame if the session ended and the close was lost', async () => {
    const { deps, actor, socket, closed, readFrame } = await connectAs('lost@example.org');
    await deps.table.delete(KEY.session(actor.account, actor.credential));
    socket.send('{"type":"ping","v":1}');
    expect(await readFrame()).toMatchObject({ type: 'error', code: 'unauthorized' });
    expect(await closed).toBe(NORMAL_CLOSURE);
  });
});

test.each<[string, () => string | Buffer, number]>([
  ['text of 2 MB', () => 'x'.repeat(2_000_000), TOO_LARGE],
  ['JSON of 2 MB', () => nestArrays(1_000_000), TOO_LARGE],
  ['2 MB of bytes', () => Buffer.alloc(2_000_000, 0xff), TOO_LARGE],
  ['bytes', () => Buffer.from([0xff, 0xfe, 0x00]), UNSUPPORTED_DATA],
  ['a valid frame as bytes', () => Buffer.from('{"type":"ping","v":1}'), UNSUPPORTED_DATA],
])('%s ends the connection without a write', async (_title, frame, code) => {
  const { socket, closed } = await connectSignedIn();
  const before = await readStoredItems();
  socket.send(frame());
  expect(await closed).toBe(code);
  expect(await readStoredItems()).toEqual(before);
});

test.each([
  [[]],
  [['smol-gang']],
  [['smol-gang', 'unknown']],
  [['smol-gang', `t${'x'.repeat(4_000)}`]],
  [['__proto__']],
])('a connection with the protocols %j is refused', async (protocols) => {
  const before = await readStoredItems();
  await expect(connectSocket(protocols)).rejects.toThrow('Unexpected server response: 401');
  expect(await readStoredItems()).toEqual(before);
});

test('a ticket is valid for one connection', async () => {
  const ticket = await createTestTicket();
  await connectSocket(['smol-gang', ticket]);
  await expect(connectSocket(['smol-gang', ticket])).rejects.toThrow(
    'Unexpected server response: 401',
  );
});
