import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { AGENT_TABLE, findAgent } from './agent-table.ts';

const ENDPOINT = { url: 'http://127.0.0.1:9', bearer: 'smol-bearer', model: 'm1' };

test.each(Object.entries(AGENT_TABLE))(
  '%s gets the proxy, the bearer token and the model in its environment',
  (_name, row) => {
    const env = JSON.stringify(row.buildEnv(ENDPOINT));

    expect(env).toContain(ENDPOINT.url);
    expect(env).toContain(ENDPOINT.bearer);
    expect(env).toContain(ENDPOINT.model);
    expect(row.command.join(' ')).not.toContain(ENDPOINT.bearer);
    expect(row.testedVersion).not.toBe('');
  },
);

test('the built-in agent is a program that exists', () => {
  const row = findAgent('small', undefined);

  expect(row?.command[0]).toBe(process.execPath);
  expect(existsSync(row?.command[1] ?? '')).toBe(true);
});

test('a name outside the table is no agent, even if every object has a property of that name', () => {
  expect(findAgent('constructor', undefined)).toBeUndefined();
  expect(findAgent('other', ['my-agent'])?.command).toEqual(['my-agent']);
});
