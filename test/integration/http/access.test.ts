import { beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { issueSignInCode, redeemSocketTicket } from '../../../core/access/one-time-secret.ts';
import { createdTokenSchema, sessionSchema } from '../../../core/contract/access.ts';
import { errorBodySchema } from '../../../core/contract/routes/route.ts';
import { createJsonInput } from '../../support/contract/http-event.ts';
import type { TestApi } from '../../support/contract/test-api.ts';
import {
  createTestApi,
  formatEmail,
  PASSWORD,
  signWebhook,
} from '../../support/contract/test-api.ts';

const ATTEMPT_ID = 'p3k9m2x7abc.r1.add-login.2';

let api: TestApi;
beforeEach(async () => {
  api = await createTestApi();
});

function sendGet(path: string, bearer: string) {
  return api.send('api', { method: 'GET', path, headers: { authorization: `Bearer ${bearer}` } });
}

function sendPost(path: string, body: unknown, bearer?: string) {
  const headers: Record<string, string> =
    bearer === undefined ? {} : { authorization: `Bearer ${bearer}` };
  return api.send('api', createJsonInput('POST', path, body, headers));
}

function sendLogin(email: string, password: string) {
  return sendPost('/v1/auth/login', { email, password });
}

describe('sessions', () => {
  test('identify the user until the access token expires, and can be refreshed', async () => {
    const session = sessionSchema.parse((await sendLogin(formatEmail('operator'), PASSWORD)).json);
    const me = await sendGet('/v1/me', session.accessToken);
    expect(me).toMatchObject({
      status: 200,
      json: { email: formatEmail('operator'), role: 'operator' },
    });
    api.advanceClock(15 * 60_000);
    expect((await sendGet('/v1/me', session.accessToken)).status).toBe(401);
    const refreshed = await sendPost('/v1/auth/refresh', { refreshToken: session.refreshToken });
    const renewed = sessionSchema.parse(refreshed.json);
    expect((await sendGet('/v1/me', renewed.accessToken)).status).toBe(200);
  });

  test('after too many failed sign-ins, the next sign-in gets 429 with the seconds until a sign-in is allowed', async () => {
    for (let n = 0; n < 10; n += 1)
      expect((await sendLogin(formatEmail('viewer'), 'wrong')).status).toBe(401);
    const { status, headers, json } = await sendLogin(formatEmail('viewer'), PASSWORD);
    expect(status).toBe(429);
    expect(errorBodySchema.parse(json).error.code).toBe('too_many_logins');
    const seconds = Number(headers['retry-after']);
    expect(seconds).toBeGreaterThan(0);
    api.advanceClock(seconds * 1_000);
    expect((await sendLogin(formatEmail('viewer'), PASSWORD)).status).toBe(200);
  });

  test('a sign-in link works once', async () => {
    const { code } = await issueSignInCode(api.deps, formatEmail('admin'));
    const first = await sendPost('/v1/auth/exchange', { code });
    expect(sessionSchema.parse(first.json).user.role).toBe('admin');
    expect((await sendPost('/v1/auth/exchange', { code })).status).toBe(401);
  });

  test('a ticket for the WebSocket works once', async () => {
    const { status, json } = await sendPost('/v1/socket-tickets', {}, api.sessions.viewer);
    expect(status).toBe(201);
    const { ticket, url } = z.object({ ticket: z.string(), url: z.string() }).parse(json);
    expect(url).toBe('wss://socket.example.org');
    const actor = await redeemSocketTicket(api.deps, ticket);
    expect(actor).toMatchObject({ email: formatEmail('viewer'), role: 'viewer' });
    expect(await redeemSocketTicket(api.deps, ticket)).toBeUndefined();
  });
});

describe('API tokens', () => {
  test('can be created, used, listed without their secret, and revoked', async () => {
    const input = { name: 'ci', role: 'viewer' };
    const created = createdTokenSchema.parse(
      (await sendPost('/v1/tokens', input, api.sessions.operator)).json,
    );
    expect((await sendGet('/v1/me', created.token)).json).toMatchObject({ role: 'viewer' });
    expect((await sendGet('/v1/tokens', created.token)).status).toBe(403);
    const listed = await sendGet('/v1/tokens', api.sessions.operator);
    expect(listed.json).toMatchObject({ items: [{ id: created.id, name: 'ci' }] });
    expect(listed.text).not.toMatch(/sgt_|hash/);
    const revoked = await api.send('api', {
      method: 'DELETE',
      path: `/v1/tokens/${created.id}`,
      headers: { authorization: `Bearer ${api.sessions.operator}` },
    });
    expect(revoked).toMatchObject({ status: 204, text: '' });
    expect((await sendGet('/v1/me', created.token)).status).toBe(401);
  });

  test('have at most the role of their creator', async () => {
    const created = await sendPost(
      '/v1/tokens',
      { name: 'x', role: 'admin' },
      api.sessions.operator,
    );
    expect(created.status).toBe(403);
  });
});

test('an admin adds and removes users, and no response contains a password hash', async () => {
  const email = 'new@example.org';
  const added = await sendPost(
    '/v1/users',
    { email, password: 'long enough', role: 'viewer' },
    api.sessions.admin,
  );
  expect(added).toMatchObject({ status: 201, json: { email, role: 'viewer' } });
  const listed = await sendGet('/v1/users', api.sessions.admin);
  expect(added.text + listed.text).not.toContain('scrypt');
  expect((await sendLogin(email, 'long enough')).status).toBe(200);
  const path = `/v1/users/${encodeURIComponent(email)}`;
  const headers = { authorization: `Bearer ${api.sessions.admin}` };
  expect((await api.send('api', { method: 'DELETE', path, headers })).status).toBe(204);
  expect((await sendLogin(email, 'long enough')).status).toBe(401);
});

describe('an account', () => {
  const EMAIL = 'eve@example.org';

  /** Adds an admin and returns a session and an API token of the admin. */
  async function addSecondAdmin() {
    const input = { email: EMAIL, password: 'long enough', role: 'admin' };
    await sendPost('/v1/users', input, api.sessions.admin);
    const session = sessionSchema.parse((await sendLogin(EMAIL, 'long enough')).json);
    const tokenInput = { name: 'ci', role: 'admin' };
    const created = await sendPost('/v1/tokens', tokenInput, session.accessToken);
    return { ...session, token: createdTokenSchema.parse(created.json).token };
  }

  function sendFor(method: string, path: string, bearer: string, body?: unknown) {
    const headers = { authorization: `Bearer ${bearer}` };
    return api.send(
      'api',
      body === undefined ? { method, path, headers } : createJsonInput(method, path, body, headers),
    );
  }

  const removeSecondAdmin = () => sendFor('DELETE', `/v1/users/${EMAIL}`, api.sessions.admin);

  test('loses every right with its removal: a removed admin can neither add nor remove users', async () => {
    const { accessToken, token } = await addSecondAdmin();
    expect((await removeSecondAdmin()).status).toBe(204);
    for (const bearer of [accessToken, token]) {
      const input = { email: 'door@example.org', password: 'long enough', role: 'admin' };
      expect((await sendPost('/v1/users', input, bearer)).status).toBe(401);
      const path = `/v1/users/${formatEmail('viewer')}`;
      expect((await sendFor('DELETE', path, bearer)).status).toBe(401);
    }
  });

  test('does not return when its e-mail address is added again', async () => {
    const { token, accessToken, refreshToken } = await addSecondAdmin();
    await removeSecondAdmin();
    await addSecondAdmin();
    expect((await sendGet('/v1/me', token)).status).toBe(401);
    expect((await sendGet('/v1/me', accessToken)).status).toBe(401);
    expect((await sendPost('/v1/auth/refresh', { refreshToken })).status).toBe(401);
  });

  test('with a new role or password of an admin keeps no old authority', async () => {
    const { token, accessToken, refreshToken } = await addSecondAdmin();
    const path = `/v1/users/${EMAIL}`;
    const demoted = await sendFor('PATCH', path, api.sessions.admin, { role: 'viewer' });
    expect(demoted).toMatchObject({ status: 200, json: { email: EMAIL, role: 'viewer' } });
    expect((await sendGet('/v1/users', accessToken)).status).toBe(403);
    expect((await sendGet('/v1/users', token)).status).toBe(403);
    const password = 'another password';
    expect((await sendFor('PATCH', path, api.sessions.admin, { password })).status).toBe(200);
    expect((await sendGet('/v1/me', accessToken)).status).toBe(401);
    expect((await sendGet('/v1/me', token)).status).toBe(401);
    expect((await sendPost('/v1/auth/refresh', { refreshToken })).status).toBe(401);
    expect((await sendLogin(EMAIL, password)).status).toBe(200);
    expect((await sendFor('PATCH', path, api.sessions.admin, {})).status).toBe(400);
  });

  test('ends one session by logout, and all sessions by end-sessions', async () => {
    const first = await addSecondAdmin();
    const second = sessionSchema.parse((await sendLogin(EMAIL, 'long enough')).json);
    expect((await sendPost('/v1/auth/logout', {}, first.token)).status).toBe(400);
    expect((await sendPost('/v1/auth/logout', {}, first.accessToken)).status).toBe(204);
    expect((await sendGet('/v1/me', first.accessToken)).status).toBe(401);
    const listed = await sendGet('/v1/sessions', second.accessToken);
    expect(listed.json).toMatchObject({
      items: expect.arrayContaining([expect.objectContaining({ email: EMAIL, current: true })]),
    });
    expect(listed.text).not.toContain('hash');
    const path = `/v1/users/${EMAIL}/end-sessions`;
    expect((await sendPost(path, {}, api.sessions.admin)).status).toBe(204);
    expect((await sendGet('/v1/me', second.accessToken)).status).toBe(401);
    expect((await sendGet('/v1/me', first.token)).status).toBe(200);
  });

  test('changes its own password and continues with the new session', async () => {
    const { accessToken } = await addSecondAdmin();
    const change = (current: string) =>
      sendPost('/v1/me/password', { current, next: 'a new password' }, accessToken);
    expect((await change('wrong')).status).toBe(400);
    const renewed = sessionSchema.parse((await change('long enough')).json);
    expect((await sendGet('/v1/me', accessToken)).status).toBe(401);
    expect((await sendGet('/v1/me', renewed.accessToken)).status).toBe(200);
    expect((await sendLogin(EMAIL, 'long enough')).status).toBe(401);
  });
});

describe('a call that reaches a handler', () => {
  test('contains the parsed input with defaults, the actor and the idempotency key', async () => {
    const path = '/v1/plans';
    const body = { prompt: 'do it', repositories: [{ name: 'a/b' }] };
    const headers = { authorization: `Bearer ${api.sessions.operator}`, 'Idempotency-Key': 'k-1' };
    const input = { ...createJsonInput('POST', path, body, headers), base64: true };
    expect((await api.send('api', input)).status).toBe(409);
    const query = 'limit=7&status=active';
    const list = { method: 'GET', path, query, headers: { authorization: headers.authorization } };
    expect((await api.send('api', list)).status).toBe(409);
    expect(api.recorded.calls).toMatchObject([
      {
        id: 'createPlan',
        body: { prompt: 'do it', policy: 'auto', budget: {} },
        actor: { kind: 'user', email: formatEmail('operator'), role: 'operator' },
        idempotencyKey: 'k-1',
      },
      { id: 'listPlans', query: { limit: 7, status: 'active' }, idempotencyKey: undefined },
    ]);
  });

  test('names the attempt as actor if the token is valid, and the webhook as actor if the signature is valid', async () => {
    const authorization = `Bearer ${await api.attemptToken(ATTEMPT_ID)}`;
    const path = `/v1/attempts/${ATTEMPT_ID}/start`;
    await api.send('attempt', createJsonInput('POST', path, { bridge: '1' }, { authorization }));
    const body = '{"action":"opened"}';
    const signature = { 'X-Hub-Signature-256': signWebhook(body) };
    await api.send('hook', createJsonInput('POST', '/v1/hooks/github', body, signature));
    expect(api.recorded.calls).toMatchObject([
      {
        id: 'start',
        params: { attempt: ATTEMPT_ID },
        actor: { kind: 'attempt', attempt: ATTEMPT_ID },
      },
      { id: 'github', body: { action: 'opened' }, actor: { kind: 'hook' } },
    ]);
  });

  test('contains a body with the default values if the request has no body and all fields are optional', async () => {
    const path = '/v1/plans/p3k9m2x7abc/cancel';
    const headers = { authorization: `Bearer ${api.sessions.operator}` };
    await api.send('api', { method: 'POST', path, headers });
    expect(api.recorded.calls).toMatchObject([{ id: 'cancelPlan', body: { reason: '' } }]);
  });
});

describe('responses', () => {
  test('contain only the fields that the contract declares', async () => {
    const me = { email: 'x', role: 'admin', hash: 'scrypt$1' };
    const leakyApi = await createTestApi({ me: async () => me });
    const headers = { authorization: `Bearer ${leakyApi.sessions.viewer}` };
    const answer = await leakyApi.send('api', { method: 'GET', path: '/v1/me', headers });
    expect(answer.json).toEqual({ email: 'x', role: 'admin' });
  });

  test('have the status 500 and no details if a handler throws or its result violates the contract', async () => {
    const health = async () => {
      throw new TypeError('the password is 123');
    };
    const brokenApi = await createTestApi({ health, openapi: async () => JSON.parse('[1]') });
    for (const path of ['/v1/health', '/v1/openapi.json']) {
      const { status, json, text, headers } = await brokenApi.send('api', { method: 'GET', path });
      expect(status).toBe(500);
      expect(errorBodySchema.parse(json).error.code).toBe('internal');
      expect(text).not.toContain('123');
      expect(headers['x-content-type-options']).toBe('nosniff');
    }
    const errors = brokenApi.recorded.logLines.filter((line) => line.includes('"level":"error"'));
    expect(errors).toHaveLength(2);
    expect(errors[0]).toContain('the password is 123');
  });

  test('to HEAD requests have the status of GET and no body', async () => {
    const head = await api.send('api', { method: 'HEAD', path: '/v1/health' });
    expect(head).toMatchObject({ status: 200, text: '' });
  });

  test('to GET /v1/openapi.json contain the OpenAPI document', async () => {
    const { json } = await api.send('api', { method: 'GET', path: '/v1/openapi.json' });
    expect(json).toMatchObject({ openapi: '3.1.0', info: { version: '1.2.3' } });
  });
});

test('no line of the log contains a password or a token', async () => {
  const session = sessionSchema.parse((await sendLogin(formatEmail('admin'), PASSWORD)).json);
  await sendLogin(formatEmail('admin'), 'wrong password');
  await sendGet('/v1/me', session.accessToken);
  await sendPost('/v1/auth/refresh', { refreshToken: session.refreshToken });
  const lines = api.recorded.logLines.join('\n');
  expect(lines).toMatch(/"route":"login","status":200/);
  for (const secret of [PASSWORD, 'wrong password', session.accessToken, session.refreshToken])
    expect(lines).not.toContain(secret);
});
