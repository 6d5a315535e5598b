import { describe, expect, test } from 'vitest';
import { QUEUES } from '../core/topology/queues.ts';
import { describeConfig, listConfigSecrets, readConfig } from './config.ts';

const SECRET = 's'.repeat(32);

function readErrorMessage(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return '';
}

test('only the sections that are asked for are read', () => {
  expect(readConfig(['slots', 'branch'], {})).toEqual({
    slots: { system: 8 },
    branch: { prefix: 'smol-gang' },
  });
});

test('all problems are said at once, each with what to set', () => {
  const message = readErrorMessage(() =>
    readConfig(['queue', 'auth', 'slots', 'model'], {
      AUTH_SECRETS: 'short',
      SLOTS: 'many',
      MODEL_BASE_URL: 'ftp://x',
      MODEL_PRICES: '{"m": {"input": "x"}}',
      MODEL_CONTEXT_TOKENS: '{',
    }),
  );
  for (const name of ['QUEUE_URL_PLAN', 'QUEUE_URL_PUSH'])
    expect(message).toContain(`${name} is not set. `);
  expect(message).toContain('AUTH_SECRETS needs at least 32 characters each');
  expect(message).toContain('SLOTS is no whole number');
  expect(message).toContain('MODEL_BASE_URL is no http(s)');
  expect(message).toContain('MODEL_PRICES ');
  expect(message).toContain('MODEL_CONTEXT_TOKENS is not JSON');
  expect(message).not.toContain('short');
});

test('an agent that nobody knows is said, with those that are known', () => {
  const message = readErrorMessage(() => readConfig(['agent'], { AGENT: 'opencod' }));
  expect(message).toContain('AGENT is not a known agent; use one of small, opencode');
});

test('an empty variable is an unset one', () => {
  const message = readErrorMessage(() => readConfig(['auth'], { AUTH_SECRETS: '' }));
  expect(message).toContain('AUTH_SECRETS is not set');
  expect(readConfig(['slots'], { SLOTS: '' }).slots.system).toBe(8);
});

test('values are turned into what the code uses', () => {
  const config = readConfig(['auth', 'model', 'github', 'attempt'], {
    AUTH_SECRETS: `${SECRET}, ${SECRET}2`,
    MODEL_BASE_URL: 'http://127.0.0.1:1234/v1/',
    MODEL_HEAVY: 'big',
    MODEL_PRICES: '{"big":{"input":1.5,"output":6}}',
    GITHUB_APP_ID: '12',
    GITHUB_APP_PRIVATE_KEY: 'a\\nb',
    ATTEMPT_MAX_USD: '2.50',
  });
  expect(config.auth.secrets).toEqual([SECRET, `${SECRET}2`]);
  expect(config.model.baseUrl).toBe('http://127.0.0.1:1234/v1');
  expect(config.model.prices.big).toEqual({ input: 1.5, output: 6 });
  expect(config.model.light).toBeUndefined();
  expect(config.github).toMatchObject({ appId: '12', appPrivateKey: 'a\nb' });
  expect(config.attempt.maxUsd).toBe(2.5);
});

describe('values that do not go together', () => {
  test.each([
    [{ GITHUB_APP_ID: '1' }, 'belong together'],
    [{ GITHUB_TOKEN: 't', GITHUB_APP_ID: '1', GITHUB_APP_PRIVATE_KEY: 'k' }, 'keep one of them'],
    [{ LOCAL_FORGE_URL: 'http://127.0.0.1:1' }, 'LOCAL_FORGE_URL is set'],
    [{ LAUNCHER: 'process' }, 'set LAUNCHER_DIR'],
    [{ LEASE_SECONDS: '10' }, 'at most a third of LEASE_SECONDS'],
    [{ HEARTBEAT_SECONDS: '0' }, 'HEARTBEAT_SECONDS is to be at least 0.2'],
  ])('%j: %s', (env, expected) => {
    const message = readErrorMessage(() =>
      readConfig(['github', 'localForge', 'launcher', 'attempt'], env),
    );
    expect(message).toContain(expected);
  });
});

test('a heartbeat of a third of the lease is taken', () => {
  const env = { LEASE_SECONDS: '6', HEARTBEAT_SECONDS: '2' };
  expect(readConfig(['attempt'], env).attempt).toMatchObject({ heartbeatSeconds: 2 });
});

test.each(['SLOTS', 'SLOTS_PER_REPOSITORY', 'SLOTS_PER_PLAN'])(
  '%s is at most what one item of the store holds',
  (name) => {
    expect(readErrorMessage(() => readConfig(['slots'], { [name]: '2001' }))).toContain(
      `${name} is at most 2000`,
    );
    expect(readErrorMessage(() => readConfig(['slots'], { [name]: '2000' }))).toBe('');
  },
);

test('every queue has its variable', () => {
  const names = describeConfig().map(({ name }) => name);
  for (const queue of QUEUES) expect(names).toContain(`QUEUE_URL_${queue.name.toUpperCase()}`);
});

test('every variable is described once, with its default', () => {
  const rows = describeConfig();
  expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
  for (const row of rows) {
    expect(row.about).toMatch(/^[A-Z`].{8,}[.)]$/s);
    expect(row.required && row.default !== undefined).toBe(false);
  }
  const row = (name: string) => rows.find((one) => one.name === name);
  expect(row('SLOTS')).toMatchObject({ default: '8', required: false, secret: false });
  expect(row('AUTH_SECRETS')).toMatchObject({ required: true, secret: true });
});

test('secrets are known to the log, each of a list too', () => {
  const env = { AUTH_SECRETS: 'one,two', MODEL_API_KEY: 'three', MODEL_HEAVY: 'big' };
  expect(listConfigSecrets(['auth', 'model'], env)).toEqual([
    'one,two',
    'one',
    'two',
    'three',
    'three',
  ]);
});
