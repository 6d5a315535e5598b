import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { AGENT_TABLE, findAgent } from './agent-table.ts';

const ENDPOINT = { url: 'http://127.0.0.1:9', bearer: 'smol-bearer', model: 'm1' };

test.each(Object.entries(AGENT_TABLE))(
  'the environment of the agent %s contains the URL of the model proxy, the bearer token and the model',
  (_name, definition) => {
    const env = JSON.stringify(definition.buildEnv(ENDPOINT));

    expect(env).toContain(ENDPOINT.url);
    expect(env).toContain(ENDPOINT.bearer);
    expect(env).toContain(ENDPOINT.model);
    expect(definition.command.join(' ')).not.toContain(ENDPOINT.bearer);
    expect(definition.testedVersion).not.toBe('');
  },
);

test('the entry file of the built-in agent exists', () => {
  const definition = findAgent('small', undefined);

  expect(definition?.command[0]).toBe(process.execPath);
  expect(existsSync(definition?.command[1] ?? '')).toBe(true);
});

test('findAgent returns undefined for an unknown name, even for "constructor", a property of every object', () => {
  expect(findAgent('constructor', undefined)).toBeUndefined();
});

test('a command line replaces the command of the agent, even for an unknown agent name', () => {
  expect(findAgent('other', ['my-agent'])?.command).toEqual(['my-agent']);
});
