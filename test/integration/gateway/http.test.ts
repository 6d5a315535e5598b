import { request } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { errorBodySchema } from '../../../core/contract/routes/route.ts';
import { createCredential } from '../../../local/credential.ts';
import type { HttpTarget } from '../../../local/gateway/http-gateway.ts';
import type { GatewayOptions } from '../../../local/gateway/start-gateway.ts';
import { startGateway } from '../../../local/gateway/start-gateway.ts';
import { createTinyFunction } from '../../support/contract/create-tiny-function.ts';
import { createSilentLog } from '../../support/silent-log.ts';

async function startTestGateway(
  functions: readonly HttpTarget[],
  options: Partial<GatewayOptions> = {},
) {
  const log = createSilentLog();
  const credential = createCredential();
  const gateway = await startGateway({ port: 0, functions, credential, log, ...options });
  onTestFinished(() => gateway.close());
  return { ...gateway, log };
}

/** Handler that answers with the received event. */
const echoFunction = createTinyFunction('POST', '/v1/plans/{plan}', async (event) => ({
  statusCode: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(event),
}));

async function readError(response: Response) {
  return { status: response.status, ...errorBodySchema.parse(await response.json()).error };
}

test('a request becomes the event that API Gateway sends', async () => {
  const { url } = await startTestGateway([echoFunction]);

  const response = await fetch(`${url}/v1/plans/a%20b?x=1&y=2&x=3`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', cookie: 'a=1; b=2', 'X-Mixed': 'Case' },
    body: '{"prompt":"ü"}',
  });

  expect(await response.json()).toMatchObject({
    version: '2.0',
    routeKey: 'POST /v1/plans/{plan}',
    rawPath: '/v1/plans/a%20b',
    rawQueryString: 'x=1&y=2&x=3',
    queryStringParameters: { x: '1,3', y: '2' },
    pathParameters: { plan: 'a b' },
    cookies: ['a=1', 'b=2'],
    headers: { 'x-mixed': 'Case', 'x-forwarded-proto': 'http', 'x-forwarded-for': '127.0.0.1' },
    body: '{"prompt":"ü"}',
    isBase64Encoded: false,
    requestContext: {
      http: { method: 'POST', path: '/v1/plans/a%20b', sourceIp: '127.0.0.1' },
      requestId: response.headers.get('apigw-requestid'),
      stage: '$default',
    },
  });
});

test('a binary body is base64 in the event and in the result', async () => {
  const bytes = Buffer.from([0, 255, 1, 254]);
  const eventSchema = z.object({ body: z.string(), isBase64Encoded: z.literal(true) });
  const { url } = await startTestGateway([
    createTinyFunction('POST', '/bytes', (event) => ({
      ...eventSchema.parse(event),
      statusCode: 201,
      headers: { 'content-type': 'application/octet-stream' },
    })),
  ]);

  const response = await fetch(`${url}/bytes`, { method: 'POST', body: bytes });

  expect(response.status).toBe(201);
  expect(Buffer.from(await response.arrayBuffer())).toEqual(bytes);
});

test('a result without a status becomes a JSON body, and the cookies of a result become headers', async () => {
  const { url } = await startTestGateway([
    createTinyFunction('GET', '/plain', () => ({ hello: 'world' })),
    createTinyFunction('GET', '/cookies', () => ({ statusCode: 204, cookies: ['a=1', 'b=2'] })),
  ]);

  const plain = await fetch(`${url}/plain`);
  const cookies = await fetch(`${url}/cookies`);

  expect(await plain.json()).toEqual({ hello: 'world' });
  expect(cookies.status).toBe(204);
  expect(cookies.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
});

test('a handler receives a copy of the event, and its result is reduced to JSON', async () => {
  const events: unknown[] = [];
  const { url } = await startTestGateway([
    createTinyFunction('GET', '/copy', (event) => {
      events.push(event);
      return { at: new Date(0), gone: undefined };
    }),
  ]);

  expect(await (await fetch(`${url}/copy`)).json()).toEqual({ at: '1970-01-01T00:00:00.000Z' });
  await fetch(`${url}/copy`);

  expect(events[0]).not.toBe(events[1]);
});

test('an unknown route causes a 404, and invalid percent-encoding a 400, in the error format of the API', async () => {
  const { url } = await startTestGateway([echoFunction]);

  const missing = await readError(await fetch(`${url}/v1/none`));
  const method = await readError(await fetch(`${url}/v1/plans/p1`));
  const malformed = await readError(await fetch(`${url}/v1/plans/%zz`, { method: 'POST' }));

  expect(missing).toMatchObject({ status: 404, code: 'no_route' });
  expect(missing.message).toContain('GET /v1/none');
  expect(method).toMatchObject({ status: 404, code: 'no_route' });
  expect(malformed).toMatchObject({ status: 400, code: 'bad_path' });
});

test('a handler that throws or returns an invalid result causes a 500 without details', async () => {
  const { url, log } = await startTestGateway([
    createTinyFunction('GET', '/throws', () => Promise.reject(new Error('private words'))),
    createTinyFunction('GET', '/nonsense', () => ({ statusCode: 'many' })),
  ]);

  const thrown = await readError(await fetch(`${url}/throws`));
  const nonsense = await readError(await fetch(`${url}/nonsense`));

  expect(thrown).toMatchObject({ status: 500, code: 'internal' });
  expect(JSON.stringify(thrown)).not.toContain('private');
  expect(nonsense.status).toBe(500);
  expect(log.lines[0]).toMatchObject({ level: 'error', fields: { requestId: thrown.requestId } });
  expect(String(log.lines[0]?.fields.error)).toContain('private words');
});

test('a handler that exceeds its timeout causes a 503', async () => {
  const { url } = await startTestGateway([
    createTinyFunction('GET', '/slow', () => new Promise(() => undefined), 0.05),
  ]);

  expect(await readError(await fetch(`${url}/slow`))).toMatchObject({
    status: 503,
    code: 'timeout',
  });
});

test('a body over the limit of Lambda or of the gateway causes a 413', async () => {
  const { url } = await startTestGateway([echoFunction]);
  const post = (bytes: number) =>
    fetch(`${url}/v1/plans/p1`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: 'x'.repeat(bytes),
    });

  expect((await post(2 * 1024 * 1024)).status).toBe(200);
  expect(await readError(await post(7 * 1024 * 1024))).toMatchObject({
    status: 413,
    code: 'payload_too_large',
  });
  expect(await readError(await post(12 * 1024 * 1024))).toMatchObject({ status: 413 });
});

test('a result over 6 MB causes a 500', async () => {
  const { url } = await startTestGateway([
    createTinyFunction('GET', '/large', () => ({
      statusCode: 200,
      body: 'x'.repeat(7 * 1024 * 1024),
    })),
  ]);

  expect((await fetch(`${url}/large`)).status).toBe(500);
});

test('a request from another origin or for a foreign host name does not reach a handler', async () => {
  let calls = 0;
  const { port } = await startTestGateway([
    createTinyFunction('GET', '/count', () => {
      calls += 1;
      return {};
    }),
  ]);

  expect(await fetchStatus(port, { host: 'rebound.example' })).toBe(403);
  expect(await fetchStatus(port, { origin: 'https://evil.example' })).toBe(403);
  expect(calls).toBe(0);
  expect(await fetchStatus(port, { origin: `http://localhost:${port}` })).toBe(200);
});

/** Sends a request with any Host header, which `fetch` does not allow, and returns the status. */
function fetchStatus(port: number, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const options = { port, host: '127.0.0.1', path: '/count', headers };
    const call = request(options, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    call.on('error', reject);
    call.end();
  });
}

test('a request without a bearer token is answered before its body arrives, and a large body ends the connection', async () => {
  const events: unknown[] = [];
  const tinyFunction = createTinyFunction('POST', '/v1/plans/{plan}', async (event) => {
    events.push(event);
    return { statusCode: 401 };
  });
  const routes = { plan: { method: 'POST', path: '/v1/plans/{plan}', access: 'viewer' } } as const;
  const { port } = await startTestGateway([{ ...tinyFunction, routes }]);
  const headers = { 'content-length': 9_000_000 };
  const outgoing = request({ port, path: '/v1/plans/a', method: 'POST', headers });
  const closed = new Promise<void>((resolve) => outgoing.on('close', () => resolve()));
  outgoing.on('error', () => undefined);
  outgoing.write('first bytes of a long body');
  const status = await new Promise((resolve) =>
    outgoing.on('response', (response) => {
      response.resume();
      resolve(response.statusCode);
    }),
  );
  expect(status).toBe(401);
  expect(events).toMatchObject([{ isBase64Encoded: false }]);
  expect(JSON.stringify(events)).not.toContain('first bytes');
  outgoing.end(Buffer.alloc(8_000_000));
  await closed;
});
