import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ProbeOptions } from '../../../adapters/openai/probe-model.ts';
import { probeModel } from '../../../adapters/openai/probe-model.ts';
import { doctorCheckSchema } from '../../../core/contract/routes/system-routes.ts';
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

const toolCallAnswer = {
  status: 200,
  body: createCompletion(null, {
    toolCalls: [{ id: 'a', function: { name: 'read_file', arguments: '{"path":"README.md"}' } }],
  }),
};

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

test('an unknown model fails the name check, whose advice lists the available models', async () => {
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
  { name: 'a refused key', step: { status: 401, body: {} }, failed: 'model key' },
  { name: 'a used-up quota', step: { status: 402, body: {} }, failed: 'model key' },
  {
    name: 'a broken endpoint',
    step: { status: 502, body: 'bad gateway' },
    failed: 'model endpoint',
  },
  {
    name: 'a web page',
    step: { status: 200, body: '<html></html>' },
    failed: 'model endpoint',
  },
])('$name fails the check of the $failed', async ({ step, failed: failedCheck }) => {
  server.play(step);

  const checks = await probeTestModel();

  expect(checks.find(({ state }) => state === 'failed')?.name).toBe(failedCheck);
  expect(checks).toHaveLength(6);
});

test('an unreachable endpoint fails its check, and the other checks are skipped', async () => {
  const { url } = server;
  await server.close();

  const checks = await probeTestModel({ baseUrl: url });

  expect(checks.map(({ state }) => state)).toEqual(['failed', ...Array(5).fill('skipped')]);
  expect(checks[0]?.message).toContain('ECONNREFUSED');
  await server.close();
});

test('the context check is skipped for an unknown size and passes for a configured size', async () => {
  server.play('{"ready": true}', toolCallAnswer, '{"ready": true}', toolCallAnswer);

  const unknown = await probeTestModel();
  const configured = await probeTestModel({ contextTokens: 64_000 });

  expect(unknown[5]?.state).toBe('skipped');
  expect(configured[5]?.state).toBe('ok');
});
