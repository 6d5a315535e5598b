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

test('readConfig reads only the given sections', () => {
  expect(readConfig(['slots', 'branch'], {})).toEqual({
    slots: { system: 8 },
    branch: { prefix: 'smol-gang' },
  });
});

test('reports all problems at once, each with its variable', () => {
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
  expect(message).toContain('AUTH_SECRETS needs at least 32 characters in each secret');
  expect(message).toContain('SLOTS is not a whole number');
  expect(message).toContain('MODEL_BASE_URL is not an http(s)');
  expect(message).toContain('MODEL_PRICES ');
  expect(message).toContain('MODEL_CONTEXT_TOKENS is not JSON');
  expect(message).not.toContain('short');
});

test('rejects an unknown agent and lists the known agents', () => {
  const message = readErrorMessage(() => readConfig(['agent'], { AGENT: 'opencod' }));
  expect(message).toContain('AGENT is not a known agent; use one of small, opencode');
});

test('treats an empty variable as unset', () => {
  const message = readErrorMessage(() => readConfig(['auth'], { AUTH_SECRETS: '' }));
  expect(message).toContain('AUTH_SECRETS is not set');
  expect(readConfig(['slots'], { SLOTS: '' }).slots.system).toBe(8);
});

test('parses values into lists, numbers, JSON and keys', () => {
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

describe('invalid combinations of values', () => {
  test.each([
    [{ GITHUB_APP_ID: '1' }, 'belong together'],
    [{ GITHUB_TOKEN: 't', GITHUB_APP_ID: '1', GITHUB_APP_PRIVATE_KEY: 'k' }, 'remove one of them'],
    [{ LOCAL_FORGE_URL: 'http://127.0.0.1:1' }, 'LOCAL_FORGE_URL is set'],
    [{ LAUNCHER: 'process' }, 'set LAUNCHER_DIR'],
    [{ LEASE_SECONDS: '10' }, 'at most a third of LEASE_SECONDS'],
    [{ HEARTBEAT_SECONDS: '0' }, 'HEARTBEAT_SECONDS must be at least 0.2'],
  ])('rejects %j with "%s"', (env, expected) => {
    const message = readErrorMessage(() =>
      readConfig(['github', 'localForge', 'launcher', 'attempt'], env),
    );
    expect(message).toContain(expected);
  });
});

test('accepts a heartbeat interval of a third of the lease', () => {
  const env = { LEASE_SECONDS: '6', HEARTBEAT_SECONDS: '2' };
  expect(readConfig(['attempt'], env).attempt).toMatchObject({ heartbeatSeconds: 2 });
});

test.each(['SLOTS', 'SLOTS_PER_REPOSITORY', 'SLOTS_PER_PLAN'])(
  'limits %s to 2000, because one item of the table stores the holders of all slots',
  (name) => {
    expect(readErrorMessage(() => readConfig(['slots'], { [name]: '2001' }))).toContain(
      `${name} must be at most 2000`,
    );
    expect(readErrorMessage(() => readConfig(['slots'], { [name]: '2000' }))).toBe('');
  },
);

test('the configuration has a variable for the URL of every queue', () => {
  const names = describeConfig().map(({ name }) => name);
  for (const queue of QUEUES) expect(names).toContain(`QUEUE_URL_${queue.name.toUpperCase()}`);
});

test('describeConfig describes every variable once, with its default', () => {
  const rows = describeConfig();
  expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
  for (const row of rows) {
    expect(row.about).toMatch(/^[A-Z`].{8,}[.)]$/s);
    expect(row.required && row.default !== undefined).toBe(false);
  }
  const findRow = (name: string) => rows.find((row) => row.name === name);
  expect(findRow('SLOTS')).toMatchObject({ default: '8', required: false, secret: false });
  expect(findRow('AUTH_SECRETS')).toMatchObject({ required: true, secret: true });
});

test('listConfigSecrets returns every secret, and also each entry of a list of secrets', () => {
  const env = { AUTH_SECRETS: 'one,two', MODEL_API_KEY: 'three', MODEL_HEAVY: 'big' };
  expect(listConfigSecrets(['auth', 'model'], env)).toEqual([
    'one,two',
    'one',
    'two',
    'three',
    'three',
  ]);
});

test('removes white space around every value, and treats a value of white space as unset', () => {
  const config = readConfig(['auth', 'model', 'slots'], {
    AUTH_SECRETS: `${SECRET} ,${SECRET}2\n`,
    MODEL_BASE_URL: ' http://127.0.0.1:1234/v1\r\n',
    MODEL_API_KEY: 'key\n',
    MODEL_HEAVY: '\tbig ',
    MODEL_LIGHT: ' \n',
    SLOTS: '3\n',
  });
  expect(config.auth.secrets).toEqual([SECRET, `${SECRET}2`]);
  expect(config.model).toMatchObject({
    baseUrl: 'http://127.0.0.1:1234/v1',
    apiKey: 'key',
    heavy: 'big',
    light: undefined,
  });
  expect(config.slots.system).toBe(3);
});

test.each([
  ['MODEL_API_KEY', 'first\nsecond'],
  ['MODEL_API_KEY', 'Bearer abc'],
  ['GITHUB_TOKEN', 'gh\u200bp'],
  ['LOCAL_FORGE_TOKEN', 'a\u0000b'],
])('rejects %s with the value %j and does not repeat the value', (name, value) => {
  const message = readErrorMessage(() =>
    readConfig(['model', 'github', 'localForge'], { [name]: value }),
  );
  expect(message).toContain(`${name} contains a space, a line break or another character`);
  expect(message).not.toContain(value);
});

test.each([
  ['AUTH_SECRETS', 'auth'],
  ['GITHUB_WEBHOOK_SECRETS', 'webhook'],
] as const)('rejects a line break inside the list %s', (name, section) => {
  const message = readErrorMessage(() =>
    readConfig([section], { [name]: `${SECRET}\n${SECRET}2` }),
  );
  expect(message).toContain(`${name} contains a line break`);
});

test('listConfigSecrets returns secrets without the white space around them', () => {
  const env = { AUTH_SECRETS: 'one, two\n', MODEL_API_KEY: 'three\n' };
  expect(new Set(listConfigSecrets(['auth', 'model'], env))).toEqual(
    new Set(['one, two', 'one', 'two', 'three']),
  );
});
