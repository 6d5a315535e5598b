import { expect, test } from 'vitest';
import { readSmallAgentConfig } from './small-agent-config.ts';

const VALID_ENVIRONMENT = {
  OPENAI_BASE_URL: 'http://127.0.0.1:1/v1/',
  OPENAI_API_KEY: 'top-secret',
  OPENAI_MODEL: 'm',
  PATH: '/bin',
};

test('the model endpoint is read from OPENAI_* variables, and the environment of commands lacks these variables', () => {
  const config = readSmallAgentConfig(VALID_ENVIRONMENT);

  expect(config.endpoint).toEqual({
    baseUrl: 'http://127.0.0.1:1/v1',
    apiKey: 'top-secret',
    model: 'm',
  });
  expect(config.commandEnv).toEqual({ PATH: '/bin' });
});

test('the error lists all invalid variables without their values', () => {
  const environment = { ...VALID_ENVIRONMENT, OPENAI_BASE_URL: 'nowhere', OPENAI_MODEL: '' };

  expect(() => readSmallAgentConfig(environment)).toThrow(/OPENAI_BASE_URL.*OPENAI_MODEL/);
  expect(() => readSmallAgentConfig(environment)).not.toThrow(/top-secret|nowhere/);
});
