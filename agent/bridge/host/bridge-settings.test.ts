import { expect, test } from 'vitest';
import { takeBridgeSettings } from './bridge-settings.ts';

const VALID_ENVIRONMENT = {
  SMOL_API_URL: 'http://127.0.0.1:3000/',
  SMOL_ATTEMPT_ID: 'p0123456789.r1.a.1',
  SMOL_ATTEMPT_TOKEN: 'secret',
  SMOL_WORK_DIR: '/tmp/work/',
};

test('the settings are read without trailing slashes, and the token is removed from the environment', () => {
  const env: NodeJS.ProcessEnv = { ...VALID_ENVIRONMENT };

  const settings = takeBridgeSettings(env);

  expect(settings.token).toBe('secret');
  expect(env).not.toHaveProperty('SMOL_ATTEMPT_TOKEN');
  expect(settings).toMatchObject({ apiUrl: 'http://127.0.0.1:3000', workDir: '/tmp/work' });
});

test('the error lists all invalid variables and does not contain the token', () => {
  const env = { SMOL_ATTEMPT_TOKEN: 'secret', SMOL_API_URL: 'file:///x', SMOL_AGENT_COMMAND: 'rm' };

  expect(() => takeBridgeSettings(env)).toThrow(
    'invalid environment variables: SMOL_API_URL must be an http or https URL; SMOL_ATTEMPT_ID is not set; ' +
      'SMOL_WORK_DIR must be an absolute path; SMOL_AGENT_COMMAND must be a JSON array of strings',
  );
  expect(env).not.toHaveProperty('SMOL_ATTEMPT_TOKEN');
});

test('the variable SMOL_AGENT_COMMAND is read as a JSON array', () => {
  const settings = takeBridgeSettings({
    ...VALID_ENVIRONMENT,
    SMOL_AGENT_COMMAND: '["opencode","acp"]',
  });

  expect(settings.agentCommand).toEqual(['opencode', 'acp']);
});

test('child processes get the PATH of the bridge, or the folders of the system if PATH is not set', () => {
  expect(takeBridgeSettings({ ...VALID_ENVIRONMENT, PATH: '/opt/bin' }).programPath).toBe(
    '/opt/bin',
  );
  expect(takeBridgeSettings({ ...VALID_ENVIRONMENT }).programPath).toBe(
    '/usr/local/bin:/usr/bin:/bin',
  );
});

test('the isolation is automatic unless SMOL_ISOLATION forces a kind', () => {
  expect(takeBridgeSettings({ ...VALID_ENVIRONMENT }).isolation).toBe('auto');
  const forced = takeBridgeSettings({ ...VALID_ENVIRONMENT, SMOL_ISOLATION: 'processes' });
  expect(forced.isolation).toBe('processes');
  expect(() => takeBridgeSettings({ ...VALID_ENVIRONMENT, SMOL_ISOLATION: 'x' })).toThrow(
    'SMOL_ISOLATION must be auto, namespaces or processes',
  );
});

test('the tool environment is read as a JSON object of strings', () => {
  const read = (value: string) =>
    takeBridgeSettings({ ...VALID_ENVIRONMENT, SMOL_TOOL_ENV: value }).toolEnvironment;

  expect(read('{"RUSTUP_HOME":"/home/me/.rustup"}')).toEqual({ RUSTUP_HOME: '/home/me/.rustup' });
  expect(read('{}')).toEqual({});
  expect(() => read('[1]')).toThrow('SMOL_TOOL_ENV must be a JSON object of strings');
});
