import { createServer } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { createClient, readAllPages } from '../../../cli/client/client.ts';
import type { Session } from '../../../core/contract/access.ts';
import { API } from '../../../core/contract/api.ts';
import type { CannedAnswers, CannedApi } from '../../support/cli/canned-api.ts';
import { ApiRefusal, startCannedApi, TOKEN } from '../../support/cli/canned-api.ts';
import { createPlanFixture, PLAN_ID } from '../../support/cli/plan-fixture.ts';

const CREDENTIALS = [{ kind: 'token', token: TOKEN, source: 'the test' }] as const;
const apis: CannedApi[] = [];

async function startApi(answers: CannedAnswers, port?: number): Promise<CannedApi> {
  const api = await startCannedApi(answers, port);
  apis.push(api);
  return api;
}

afterEach(async () => {
  for (const api of apis.splice(0)) {
    await api.close();
    expect(api.problems).toEqual([]);
  }
});

function createSession(name: string, expiresAt: number): Session {
  const user = { email: 'ada@example.com', role: 'operator' } as const;
  return { accessToken: `access-${name}`, refreshToken: `refresh-${name}`, expiresAt, user };
}

describe('an API call', () => {
  test('sends params and query as the route declares and parses the answer', async () => {
    const api = await startApi({ planChanges: () => ({ tasks: [], cursor: 5 }) });
    const client = createClient({ url: api.url, credentials: CREDENTIALS });

    const answer = await client.call(API.planChanges, {
      params: { plan: PLAN_ID },
      query: { since: 3, limit: 7 },
    });

    expect(answer).toEqual({ tasks: [], cursor: 5 });
    expect(api.requests[0]).toMatchObject({
      params: { plan: PLAN_ID },
      query: { since: 3, limit: 7 },
    });
  });

  test('with a malformed id is rejected before a request is sent', async () => {
    const api = await startApi({});
    const client = createClient({ url: api.url, credentials: CREDENTIALS });

    const call = client.call(API.getPlan, { params: { plan: '../tokens' } });

    await expect(call).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('"../tokens" is not a valid plan id: '),
    });
    expect(api.requests).toEqual([]);
  });

  test.each([
    [400, 2],
    [401, 3],
    [403, 3],
    [404, 4],
    [409, 5],
    [422, 2],
    [429, 7],
    [500, 1],
  ])('answered with status %i fails with exit code %i', async (status, exitCode) => {
    const rejectCall = () => {
      throw new ApiRefusal(status, 'some_code', 'this is why');
    };
    const api = await startApi({ approvePlan: rejectCall });
    const client = createClient({ url: api.url, credentials: CREDENTIALS });

    const call = client.call(API.approvePlan, { params: { plan: PLAN_ID }, body: { revision: 1 } });

    await expect(call).rejects.toMatchObject({
      exitCode,
      code: 'some_code',
      message: 'this is why',
    });
  });

  test('rejected by the API fails with the list of invalid fields', async () => {
    const details = { issues: [{ path: 'graph.0.id', message: 'is taken' }] };
    const api = await startApi({
      createPlan: () => {
        throw new ApiRefusal(400, 'invalid', 'the plan is not valid', { details });
      },
    });
    const client = createClient({ url: api.url, credentials: CREDENTIALS });

    const call = client.call(API.createPlan, {
      body: { prompt: 'x', repositories: [{ name: 'a/b' }] },
    });

    await expect(call).rejects.toThrow('the plan is not valid\n  graph.0.id: is taken');
  });

  test('fails if the server is not smol-gang', async () => {
    const server = createServer((_request, response) => response.end('<html>hello</html>'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const client = createClient({ url: `http://127.0.0.1:${port}` });

    await expect(client.call(API.health, {})).rejects.toMatchObject({
      exitCode: 7,
      message: expect.stringContaining('is not smol-gang (HTTP 200'),
    });
    await new Promise((resolve) => server.close(resolve));
  });

  test('fails within 1.5 seconds if the platform is not running', async () => {
    const api = await startCannedApi({});
    await api.close();
    // The clock advances with each call of `now`, so that the load of the machine has no influence.
    let time = 0;
    const now = () => {
      time += 300;
      return time;
    };

    const call = createClient({ url: api.url, now }).call(API.health, {});

    await expect(call).rejects.toMatchObject({
      exitCode: 7,
      message: `smol-gang is not running at ${api.url}`,
      advice: expect.stringContaining('make dev'),
    });
    expect(time).toBeLessThan(1_500);
  });
});

describe('an API call to an unavailable API', () => {
  test('is repeated until the API is back if the route only reads', async () => {
    const firstApi = await startCannedApi({ health: () => ({ status: 'ok', version: '1' }) });
    const client = createClient({ url: firstApi.url, retryPeriodMs: 20_000 });
    await client.call(API.health, {});
    await firstApi.close();

    const pending = client.call(API.health, {});
    await startApi(
      { health: () => ({ status: 'ok', version: '2' }) },
      Number(new URL(firstApi.url).port),
    );

    expect((await pending).version).toBe('2');
  });

  test('is repeated with the same idempotency key', async () => {
    const keys: unknown[] = [];
    const api = await startApi({
      createPlan: ({ headers }) => {
        keys.push(headers['idempotency-key']);
        if (keys.length === 1) throw new ApiRefusal(503, 'starting', 'not yet');
        return createPlanFixture();
      },
    });
    const client = createClient({ url: api.url, credentials: CREDENTIALS });
    const body = { prompt: 'x', repositories: [{ name: 'a/b' }] };

    const plan = await client.call(API.createPlan, { body }, { idempotencyKey: 'key-1' });

    expect(plan.id).toBe(PLAN_ID);
    expect(keys).toEqual(['key-1', 'key-1']);
  });

  test('is not repeated if a repetition could have a second effect', async () => {
    let callCount = 0;
    const api = await startApi({
      createToken: () => {
        callCount += 1;
        throw new ApiRefusal(503, 'starting', 'not yet');
      },
    });
    const client = createClient({ url: api.url, credentials: CREDENTIALS });

    const call = client.call(API.createToken, { body: { name: 'ci', role: 'viewer' } });

    await expect(call).rejects.toMatchObject({ exitCode: 7 });
    expect(callCount).toBe(1);
  });

  test('is repeated after the time in Retry-After', async () => {
    const callTimes: number[] = [];
    const api = await startApi({
      health: () => {
        callTimes.push(Date.now());
        if (callTimes.length === 1) {
          throw new ApiRefusal(429, 'limited', 'slowly', { headers: { 'retry-after': '1' } });
        }
        return { status: 'ok', version: '1' };
      },
      me: () => ({ email: 'a@b.c', role: 'viewer' }),
    });
    const client = createClient({ url: api.url, credentials: CREDENTIALS });
    await client.call(API.me, {});

    await client.call(API.health, {});

    expect((callTimes[1] ?? 0) - (callTimes[0] ?? 0)).toBeGreaterThanOrEqual(990);
  });
});

describe('a session', () => {
  const createAnswers = (holder: { readonly api?: CannedApi }): CannedAnswers => ({
    me: () => ({ email: 'ada@example.com', role: 'operator' }),
    refresh: ({ body }) => {
      if (JSON.stringify(body) !== '{"refreshToken":"refresh-old"}') {
        throw new ApiRefusal(401, 'unauthorized', 'used before');
      }
      const renewed = createSession('new', Date.now() + 600_000);
      holder.api?.tokens.add(renewed.accessToken);
      return renewed;
    },
  });

  async function startWithSessions(): Promise<CannedApi> {
    const holder: { api?: CannedApi } = {};
    holder.api = await startApi(createAnswers(holder));
    return holder.api;
  }

  test.each([
    ['has expired', -1],
    ['was refused by the server', 600_000],
  ])('is renewed and saved after it %s, and the call succeeds', async (_cause, lifetimeMs) => {
    const api = await startWithSessions();
    const savedSessions: Session[] = [];
    const old = createSession('old', Date.now() + lifetimeMs);
    const client = createClient({
      url: api.url,
      credentials: [{ kind: 'session', session: old, source: 'the sign-in' }],
      saveSession: async (session) => void savedSessions.push(session),
    });

    const me = await client.call(API.me, {});

    expect(me.email).toBe('ada@example.com');
    expect(savedSessions.map((session) => session.accessToken)).toEqual(['access-new']);
  });

  test('is renewed before each of its expiries during a long run', async () => {
    let nowMs = 1_000_000;
    const sessions = ['a', 'b', 'c'].map((name, index) =>
      createSession(name, nowMs + (index + 1) * 600_000),
    );
    const api = await startApi({
      me: () => ({ email: 'ada@example.com', role: 'operator' }),
      refresh: ({ body }) => {
        const index = sessions.findIndex(
          ({ refreshToken }) => JSON.stringify(body) === JSON.stringify({ refreshToken }),
        );
        const next = sessions[index + 1];
        if (next === undefined) throw new ApiRefusal(401, 'unauthorized', 'unknown');
        api.tokens.add(next.accessToken);
        return next;
      },
    });
    const [first] = sessions;
    if (first === undefined) throw new Error('the test needs a session');
    api.tokens.add(first.accessToken);
    const client = createClient({
      url: api.url,
      credentials: [{ kind: 'session', session: first, source: 'the sign-in' }],
      now: () => nowMs,
    });

    for (let call = 0; call < 3; call += 1) {
      await client.call(API.me, {});
      nowMs += 600_000;
    }

    expect(api.requests.map((request) => request.route)).toEqual([
      'me',
      'refresh',
      'me',
      'refresh',
      'me',
    ]);
  });

  test('is loaded instead of renewed after another process has renewed the session', async () => {
    const api = await startWithSessions();
    const renewedElsewhere = createSession('other', Date.now() + 600_000);
    api.tokens.add(renewedElsewhere.accessToken);
    const client = createClient({
      url: api.url,
      credentials: [{ kind: 'session', session: createSession('gone', 0), source: 'the sign-in' }],
      loadSession: async () => renewedElsewhere,
    });

    await client.call(API.me, {});

    expect(api.requests.map((request) => request.route)).toEqual(['me']);
  });

  test('is replaced by the next credential with a note if its renewal fails', async () => {
    const api = await startWithSessions();
    const notes: string[] = [];
    const client = createClient({
      url: api.url,
      credentials: [
        {
          kind: 'session',
          session: createSession('gone', Date.now() + 600_000),
          source: 'the sign-in',
        },
        ...CREDENTIALS,
      ],
      onNote: (note) => notes.push(note),
    });

    await client.call(API.me, {});

    expect(notes).toEqual(['the sign-in is no longer accepted; using the test instead']);
  });

  test('leads to the advice to sign in if the API refuses the session and no other credential exists', async () => {
    const api = await startWithSessions();
    const client = createClient({
      url: api.url,
      credentials: [{ kind: 'session', session: createSession('gone', 0), source: 'the sign-in' }],
    });

    await expect(client.call(API.me, {})).rejects.toMatchObject({
      exitCode: 3,
      advice: expect.stringContaining('smol-gang login'),
    });
  });
});

test('readAllPages reads the pages of a list in order', async () => {
  const api = await startApi({
    listPlans: ({ query }) =>
      query.cursor === undefined
        ? { items: [createPlanFixture()], next: 'two' }
        : { items: [createPlanFixture({ title: 'second' })] },
  });
  const client = createClient({ url: api.url, credentials: CREDENTIALS });

  const plans = await readAllPages((cursor) => client.call(API.listPlans, { query: { cursor } }));

  expect(plans.map((plan) => plan.title)).toEqual(['Rate limits for the API', 'second']);
});
