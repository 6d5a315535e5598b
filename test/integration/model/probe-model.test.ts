import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ProbeOptions } from '../../../adapters/openai/probe-model.ts';
import { probeModel } from '../../../adapters/openai/probe-model.ts';
import { doctorCheckSchema } from '../../../core/contract/system-routes.ts';
import type { ScriptedLlmServer } from '../../support/model/scripted-llm-server.ts';
import {
  createCompletion,
  startScriptedLlmServer,
} from '../../support/model/scripted-llm-server.ts';

let server: ScriptedLlmServer;

beforeEach(async () => {
  server = await startScriptedLlmServer();
});
afterEach(() => server.close());

async function probeTestModel(change: Partial<ProbeOptions> = {}) {
  const checks = await probeModel({
    baseUrl: server.url,
    apiKey: 'sk-canary',
    model: 'big',
    timeoutMs: 2_000,
    now: () => 0,
    ...change,
  });
  for (const check of checks) doctorCheckSchema.parse(check);
  return checks;
}

const toolCallAnswer = { status: 200, body: createCompletion(null, { toolCalls: [{ id: 'a' }] }) };

test('a capable model passes all six checks', async () => {
  server.listModels([{ id: 'other' }, { id: 'big', context_length: 131_072 }]);
  server.play('{"ready": true}', toolCallAnswer);

  const checks = await probeTestModel();

  expect(checks.map(({ name, state }) => [name, state])).toEqual([
    ['model endpoint', 'ok'],
    ['model key', 'ok'],
    ['model name', 'ok'],
    ['model JSON answers', 'ok'],
    ['model tool calls', 'ok'],
    ['model context', 'ok'],
  ]);
  expect(JSON.stringify(checks)).not.toContain('sk-canary');
});

test('a weak model gets warnings with advice', async () => {
  server.listModels([{ id: 'big', max_model_len: 8_192 }]);
  server.play('I am ready!', 'I would rather not.');

  const checks = await probeTestModel();

  expect(checks.map(({ state }) => state)).toEqual([
    'ok',
    'ok',
    'ok',
    'warning',
    'warning',
    'warning',
  ]);
  expect(checks.slice(3).every(({ advice }) => (advice ?? '').length > 20)).toBe(true);
});

test('names an unknown model and lists the available models', async () => {
  server.listModels([{ id: 'llama' }, { id: 'qwen' }]);
  server.play({ status: 404, body: { error: { message: 'model "big" not found' } } });

  const checks = await probeTestModel();

  expect(checks.map(({ state }) => state)).toEqual([
    'ok',
    'ok',
    'failed',
    'skipped',
    'skipped',
    'skipped',
  ]);
  expect(checks[2]?.message).toContain('"big"');
  expect(checks[2]?.advice).toContain('llama, qwen');
});

test.each([
  ['a refused key', { status: 401, body: {} }, 'model key'],
  ['a used-up quota', { status: 402, body: {} }, 'model key'],
  ['a broken endpoint', { status: 502, body: 'bad gateway' }, 'model endpoint'],
  ['a web page', { status: 200, body: '<html></html>' }, 'model endpoint'],
])('%s fails where the fault lies', async (_name, step, failed) => {
  server.play(step);

  const checks = await probeTestModel();

  expect(checks.find(({ state }) => state === 'failed')?.name).toBe(failed);
  expect(checks).toHaveLength(6);
});

test('fails the endpoint check and skips the other checks for a dead endpoint', async () => {
  const { url } = server;
  await server.close();

  const checks = await probeTestModel({ baseUrl: url });

  expect(checks.map(({ state }) => state)).toEqual(['failed', ...Array(5).fill('skipped')]);
  expect(checks[0]?.message).toContain('ECONNREFUSED');
  await server.close();
});

test('reports an unknown context size, and accepts a configured size', async () => {
  server.play('{"ready": true}', toolCallAnswer, '{"ready": true}', toolCallAnswer);

  const unknown = await probeTestModel();
  const configured = await probeTestModel({ contextTokens: 64_000 });

  expect(unknown[5]?.state).toBe('skipped');
  expect(configured[5]?.state).toBe('ok');
});
