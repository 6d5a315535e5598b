import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GetConnectionCommand,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import type { APIGatewayProxyWebsocketEventV2 } from 'aws-lambda';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { createPush } from '../../../adapters/websocket/create-push.ts';
import { createCredential } from '../../../local/credential.ts';
import type { SocketLimits } from '../../../local/gateway/socket-gateway.ts';
import { startGateway } from '../../../local/gateway/start-gateway.ts';
import type { LambdaHandler } from '../../../local/lambda-handler.ts';
import { createSilentLog } from '../../support/silent-log.ts';
import { waitUntil } from '../../support/wait-until.ts';

type SocketEvent = APIGatewayProxyWebsocketEventV2 & { readonly headers?: Record<string, string> };
type EventHandler = (event: SocketEvent) => unknown;

const region = 'us-east-1';

async function startTestGateway(
  handle: EventHandler = () => ({ statusCode: 200 }),
  limits?: Partial<SocketLimits>,
) {
  const events: SocketEvent[] = [];
  const credential = createCredential();
  const handler: LambdaHandler = (event) => {
    if (!isSocketEvent(event)) throw new Error('the event is no WebSocket event');
    events.push(event);
    return handle(event);
  };
  const gateway = await startGateway({
    port: 0,
    functions: [],
    sockets: { $connect: handler, $default: handler, $disconnect: handler },
    credential,
    limits,
    log: createSilentLog(),
  });
  onTestFinished(() => gateway.close());
  const access = { endpoint: gateway.url, region, credentials: credential };
  return { ...gateway, events, push: createPush(access), access };
}

function isSocketEvent(event: unknown): event is SocketEvent {
  return typeof event === 'object' && event !== null && 'requestContext' in event;
}

/** Opens a socket and records its messages. */
async function connectSocket(url: string, protocols: string[] = []) {
  const socket = new WebSocket(url, protocols);
  const received: string[] = [];
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  socket.on('message', (data) => received.push(data.toString()));
  onTestFinished(() => socket.terminate());
  await new Promise((resolve, reject) => {
    socket.on('open', resolve);
    socket.on('error', reject);
  });
  return { socket, received, closed };
}

function listRoutes(events: readonly SocketEvent[]) {
  return events.map((event) => event.requestContext.routeKey);
}

test('connect, messages and disconnect become the events of a WebSocket API', async () => {
  const { socketUrl, events } = await startTestGateway();

  const { socket } = await connectSocket(`${socketUrl}?x=1`);
  socket.send('{"type":"ping","v":1}');
  await waitUntil('the message', () => events.length === 2);
  socket.close(1000, 'done');
  await waitUntil('the disconnect', () => events.length === 3);

  expect(listRoutes(events)).toEqual(['$connect', '$default', '$disconnect']);
  const contexts = events.map((event) => event.requestContext);
  expect(contexts.map((context) => context.eventType)).toEqual([
    'CONNECT',
    'MESSAGE',
    'DISCONNECT',
  ]);
  expect(new Set(contexts.map((context) => context.connectionId)).size).toBe(1);
  expect(events[0]).toMatchObject({ queryStringParameters: { x: '1' }, isBase64Encoded: false });
  expect(events[1]).toMatchObject({ body: '{"type":"ping","v":1}' });
  expect(contexts[2]).toMatchObject({ disconnectStatusCode: 1000, disconnectReason: 'done' });
});

test('the connect handler receives the offered subprotocols, and its choice reaches the client', async () => {
  const { socketUrl, events } = await startTestGateway((event) => ({
    statusCode: 200,
    headers: event.headers?.['Sec-WebSocket-Protocol']
      ? { 'Sec-WebSocket-Protocol': 'smol-gang' }
      : {},
  }));

  const { socket } = await connectSocket(socketUrl, ['smol-gang', 'ticket-123']);

  expect(socket.protocol).toBe('smol-gang');
  expect(events[0]?.headers?.['Sec-WebSocket-Protocol']).toBe('smol-gang,ticket-123');
});

test.each([
  ['answers 401', () => ({ statusCode: 401 }), 401],
  ['throws', () => Promise.reject(new Error('broken')), 500],
])('the gateway refuses an upgrade whose connect handler %s', async (_name, handle, status) => {
  const { socketUrl, events } = await startTestGateway(handle);

  await expect(connectSocket(socketUrl)).rejects.toThrow(`Unexpected server response: ${status}`);

  expect(listRoutes(events)).toEqual(['$connect']);
});

test('a push reaches the client, and returns gone after the connection has closed', async () => {
  const { socketUrl, events, push } = await startTestGateway();
  const { socket, received } = await connectSocket(socketUrl);
  const id = events[0]?.requestContext.connectionId ?? '';

  expect(await push.send(id, { type: 'pong', v: 1 })).toBe('sent');
  await waitUntil('the frame', () => received.length === 1);
  expect(JSON.parse(received[0] ?? '')).toEqual({ type: 'pong', v: 1 });

  socket.close();
  await waitUntil('the disconnect', () => listRoutes(events).includes('$disconnect'));
  expect(await push.send(id, { type: 'pong', v: 1 })).toBe('gone');
  expect(await push.send('unknown=', { type: 'pong', v: 1 })).toBe('gone');
});

test('a push to a connection returns gone before its connect handler has accepted it', async () => {
  const answers: string[] = [];
  const started = await startTestGateway(async (event) => {
    const { routeKey, connectionId } = event.requestContext;
    if (routeKey !== '$connect') return { statusCode: 200 };
    answers.push(await started.push.send(connectionId, { type: 'pong', v: 1 }));
    return { statusCode: 200 };
  });

  await connectSocket(started.socketUrl);

  expect(answers).toEqual(['gone']);
});

test('the management client reads and ends a connection', async () => {
  const { socketUrl, events, access } = await startTestGateway();
  const { closed } = await connectSocket(socketUrl);
  const ConnectionId = events[0]?.requestContext.connectionId;
  const client = new ApiGatewayManagementApiClient(access);

  const connection = await client.send(new GetConnectionCommand({ ConnectionId }));
  expect(connection.ConnectedAt).toBeInstanceOf(Date);
  expect(connection.Identity?.SourceIp).toBe('127.0.0.1');

  await client.send(new DeleteConnectionCommand({ ConnectionId }));
  expect(await closed).toBe(1000);
  await expect(client.send(new GetConnectionCommand({ ConnectionId }))).rejects.toThrow(
    expect.objectContaining({ name: 'GoneException' }),
  );
});

test('a push with another credential and a push over 128 KB are refused', async () => {
  const { socketUrl, events, access } = await startTestGateway();
  const { received } = await connectSocket(socketUrl);
  const ConnectionId = events[0]?.requestContext.connectionId;
  const credentials = { accessKeyId: 'OTHER', secretAccessKey: 'other' };
  const clientWithOtherCredential = new ApiGatewayManagementApiClient({ ...access, credentials });
  const client = new ApiGatewayManagementApiClient(access);

  const post = new PostToConnectionCommand({ ConnectionId, Data: 'x' });
  await expect(clientWithOtherCredential.send(post)).rejects.toThrow(
    expect.objectContaining({ name: 'ForbiddenException' }),
  );
  const large = new PostToConnectionCommand({ ConnectionId, Data: 'x'.repeat(129 * 1024) });
  await expect(client.send(large)).rejects.toThrow(
    expect.objectContaining({ name: 'PayloadTooLargeException' }),
  );
  expect(received).toEqual([]);
});

test('a frame over 32 KB ends the connection', async () => {
  const { socketUrl, events } = await startTestGateway();
  const { socket, closed } = await connectSocket(socketUrl);

  socket.send('x'.repeat(32 * 1024));
  await waitUntil('the frame that just fits', () => listRoutes(events).includes('$default'));
  socket.send('x'.repeat(32 * 1024 + 1));

  expect(await closed).toBe(1009);
});

test('a binary frame ends the connection', async () => {
  const { socketUrl } = await startTestGateway();
  const { socket, closed } = await connectSocket(socketUrl);

  socket.send(Buffer.from([1, 2, 3]));

  expect(await closed).toBe(1003);
});

test.each<[string, Partial<SocketLimits>]>([
  ['idle too long', { idleMs: 50 }],
  ['open too long', { lifeMs: 50 }],
])('a connection that is %s is closed, and its disconnect handler runs', async (_title, limits) => {
  const { socketUrl, events } = await startTestGateway(undefined, limits);
  const { closed } = await connectSocket(socketUrl);

  expect(await closed).toBe(1001);

  await waitUntil('the disconnect', () => listRoutes(events).includes('$disconnect'));
});

test('an error of a message handler is reported to the client, and the connection stays open', async () => {
  const { socketUrl } = await startTestGateway((event) => {
    if (event.body === 'bad') throw new Error('private words');
    return { statusCode: 200 };
  });
  const { socket, received } = await connectSocket(socketUrl);

  socket.send('bad');
  await waitUntil('the answer', () => received.length === 1);

  expect(JSON.parse(received[0] ?? '')).toMatchObject({ message: 'Internal server error' });
  expect(received[0]).not.toContain('private');
  expect(socket.readyState).toBe(WebSocket.OPEN);
});

test('an upgrade from a foreign origin or to another path does not reach a handler', async () => {
  const { socketUrl, url, events } = await startTestGateway();
  const origin = 'https://evil.example';
  const foreign = new WebSocket(socketUrl, { headers: { origin } });
  const otherPath = new WebSocket(`${url.replace('http', 'ws')}/other-path`);

  const failures = await Promise.all(
    [foreign, otherPath].map(
      (socket) => new Promise<Error>((resolve) => socket.on('error', resolve)),
    ),
  );

  expect(failures.map((error) => error.message)).toEqual([
    'Unexpected server response: 403',
    'Unexpected server response: 404',
  ]);
  expect(events).toEqual([]);
});

test('closing the gateway ends its connections and waits for their disconnect handlers', async () => {
  const ended: string[] = [];
  const gateway = await startTestGateway(async (event) => {
    await new Promise((resolve) => setImmediate(resolve));
    if (event.requestContext.routeKey === '$disconnect')
      ended.push(event.requestContext.connectionId);
    return { statusCode: 200 };
  });
  const sockets = await Promise.all([
    connectSocket(gateway.socketUrl),
    connectSocket(gateway.socketUrl),
  ]);

  await gateway.close();

  expect(ended).toHaveLength(2);
  expect(await Promise.all(sockets.map(({ closed }) => closed))).toEqual([1001, 1001]);
});
