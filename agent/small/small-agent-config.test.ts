import { expect, test } from 'vitest';
import { readSmallAgentConfig } from './small-agent-config.ts';

const environment = {
  OPENAI_BASE_URL: 'http://127.0.0.1:1/v1/',
  OPENAI_API_KEY: 'top-secret',
  OPENAI_MODEL: 'm',
  PATH: '/bin',
};

test('the endpoint is read and kept from commands', () => {
  const config = readSmallAgentConfig(environment);

  expect(config.endpoint).toEqual({
    baseUrl: 'http://127.0.0.1:1/v1',
    apiKey: 'top-secret',
    model: 'm',
  });
  expect(config.commandEnv).toEqual({ PATH: '/bin' });
});

test('all problems are named at once, without a value', () => {
  const broken = { ...environment, OPENAI_BASE_URL: 'nowhere', OPENAI_MODEL: '' };

  expect(() => readSmallAgentConfig(broken)).toThrow(/OPENAI_BASE_URL.*OPENAI_MODEL/);
  expect(() => readSmallAgentConfig(broken)).not.toThrow(/top-secret|nowhere/);
});
