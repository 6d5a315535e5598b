import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { captureAppError } from '../../support/capture-app-error.ts';
import type { LlmStep, ScriptedLlmServer } from '../../support/model/scripted-llm-server.ts';
import {
  createCompletion,
  startScriptedLlmServer,
} from '../../support/model/scripted-llm-server.ts';
import {
  askModel,
  createTestLlm,
  LLM_KEY,
  LLM_NOW_MS,
  SECRET_PROMPT,
} from '../../support/model/test-llm.ts';

let server: ScriptedLlmServer;

beforeEach(async () => {
  server = await startScriptedLlmServer();
});
afterEach(() => server.close());

describe('errors of an endpoint', () => {
  const cases: [string, LlmStep, string, string, number | undefined][] = [
    [
      'status 429 with Retry-After in seconds',
      { status: 429, headers: { 'retry-after': '7' }, body: { error: { message: 'slow down' } } },
      'paused',
      'model_rate_limited',
      7_000,
    ],
    [
      'status 429 with Retry-After as a date',
      {
        status: 429,
        headers: { 'retry-after': new Date(LLM_NOW_MS + 90_000).toUTCString() },
        body: { error: { message: 'slow down' } },
      },
      'paused',
      'model_rate_limited',
      90_000,
    ],
    [
      'status 429 without Retry-After',
      { status: 429, body: {} },
      'paused',
      'model_rate_limited',
      20_000,
    ],
    [
      'status 429 with a Retry-After above one hour',
      { status: 429, headers: { 'retry-after': '99999999' }, body: {} },
      'paused',
      'model_rate_limited',
      3_600_000,
    ],
    [
      'status 503 with Retry-After',
      { status: 503, headers: { 'retry-after': '3' }, body: {} },
      'paused',
      'model_unavailable',
      3_000,
    ],
    ['status 500', { status: 500, body: 'oops' }, 'paused', 'model_unavailable', 15_000],
    ['status 529', { status: 529, body: {} }, 'paused', 'model_unavailable', 15_000],
    [
      'a used-up quota',
      {
        status: 429,
        headers: { 'retry-after': '1' },
        body: { error: { message: 'You exceeded your quota', code: 'insufficient_quota' } },
      },
      'paused',
      'quota_exhausted',
      900_000,
    ],
    [
      'status 402',
      { status: 402, body: { error: { message: 'Insufficient Balance' } } },
      'paused',
      'quota_exhausted',
      900_000,
    ],
    [
      'status 401',
      { status: 401, body: { error: { message: `Incorrect API key: ${LLM_KEY}` } } },
      'auth',
      'model_key_refused',
      undefined,
    ],
    [
      'status 403 with the code of a refused key',
      { status: 403, body: { error: { message: 'no access', type: 'permission_error' } } },
      'auth',
      'model_key_refused',
      undefined,
    ],
    [
      'status 403 of a moderation',
      { status: 403, body: { error: { message: 'Your request was flagged', code: 403 } } },
      'invalid',
      'model_request_refused',
      undefined,
    ],
    [
      'status 409 with a message about billing',
      { status: 409, body: { error: { message: 'src/billing.ts: insufficient_quota' } } },
      'invalid',
      'model_request_refused',
      undefined,
    ],
    [
      'status 404 for an unknown model',
      { status: 404, body: { error: { message: 'The model `big` does not exist' } } },
      'invalid',
      'model_unknown',
      undefined,
    ],
    [
      'status 404 for a wrong path',
      { status: 404, body: 'not here' },
      'invalid',
      'model_endpoint_wrong',
      undefined,
    ],
    [
      'a web page instead of JSON',
      { status: 200, body: '<html></html>' },
      'invalid',
      'model_endpoint_wrong',
      undefined,
    ],
    [
      'the error code context_length_exceeded',
      {
        status: 400,
        body: { error: { message: 'too long', code: 'context_length_exceeded' } },
      },
      'invalid',
      'context_too_small',
      undefined,
    ],
    [
      'an error in a response with status 200',
      { status: 200, body: { error: { code: 429, message: 'upstream is busy' } } },
      'paused',
      'model_rate_limited',
      20_000,
    ],
    [
      'an error as text in a response with status 200',
      { status: 200, body: { error: 'overloaded' } },
      'paused',
      'model_unavailable',
      15_000,
    ],
    [
      'an empty answer',
      { status: 200, body: createCompletion('  ') },
      'transient',
      'model_empty_answer',
      undefined,
    ],
    [
      'a refusal',
      { status: 200, body: createCompletion(null, { refusal: 'I cannot help with that' }) },
      'refused',
      'model_refused',
      undefined,
    ],
    ['a dropped connection', 'RESET', 'paused', 'model_unreachable', 30_000],
  ];

  test.each(cases)(
    '%s becomes an error with the expected kind, code and wait',
    async (_name, step, kind, code, waitMs) => {
      server.play(step);

      const error = await captureAppError(askModel(createTestLlm(server.url)));

      expect([error.kind, error.code]).toEqual([kind, code]);
      const until = error.details.until;
      expect(until === undefined ? undefined : until - LLM_NOW_MS).toBe(waitMs);
      expect(server.requests).toHaveLength(1);
      const visible = JSON.stringify([error.message, error.details, error.cause]);
      expect(visible).not.toContain(LLM_KEY);
      expect(visible).not.toContain(SECRET_PROMPT);
    },
  );

  test.each([
    ['no choices', { choices: [] }],
    ['choices null', { choices: null }],
    ['JSON of another API', { hello: 'world' }],
    [
      'an answer with the finish reason error',
      createCompletion('{"a":1', { finishReason: 'error' }),
    ],
  ])('asks three times before a response with %s delays the work', async (_name, body) => {
    server.play({ status: 200, body }, { status: 200, body }, { status: 200, body });

    const error = await captureAppError(askModel(createTestLlm(server.url)));

    expect([error.kind, error.code]).toEqual(['paused', 'model_unavailable']);
    expect(error.details.until).toBe(LLM_NOW_MS + 15_000);
    expect(error.message).not.toMatch(/MODEL_BASE_URL/);
    expect(server.requests).toHaveLength(3);
  });

  test('counts the usage of an incomplete answer that was asked again', async () => {
    const usage = { prompt_tokens: 100, completion_tokens: 20 };
    server.play({ status: 200, body: { choices: [], usage } }, '{"a":1}');

    const completion = await askModel(createTestLlm(server.url));

    expect(completion).toMatchObject({
      text: '{"a":1}',
      usage: { inputTokens: 200, outputTokens: 40 },
    });
  });

  test('reports a refused connection with its system code', async () => {
    const { url } = server;
    await server.close();

    const error = await captureAppError(askModel(createTestLlm(url)));

    expect([error.kind, error.code, error.details.until]).toEqual([
      'paused',
      'model_unreachable',
      LLM_NOW_MS + 30_000,
    ]);
    expect(error.message).toContain('ECONNREFUSED');
  });

  test('reports a host name that does not resolve', async () => {
    const error = await captureAppError(askModel(createTestLlm('http://model.invalid/v1')));

    expect([error.kind, error.code]).toEqual(['paused', 'model_unreachable']);
  });

  test.each(['HANG', 'STALL'] as const)(
    'times out if the endpoint does not finish its answer (%s)',
    async (step) => {
      server.play(step);

      const error = await captureAppError(askModel(createTestLlm(server.url, { timeoutMs: 200 })));

      expect([error.kind, error.code]).toEqual(['paused', 'model_timeout']);
    },
  );

  test('rejects a key with control characters without sending a request', async () => {
    const error = await captureAppError(askModel(createTestLlm(server.url, { apiKey: 'sk-a\nb' })));

    expect([error.kind, error.code]).toEqual(['auth', 'model_key_refused']);
    expect(error.message).not.toContain('sk-a');
    expect(server.requests).toHaveLength(0);
  });

  test('keeps user and password of the base URL out of messages', async () => {
    server.play({ status: 500, body: {} });

    const error = await captureAppError(
      askModel(createTestLlm(server.url.replace('//', '//me:hidden@'))),
    );

    expect(error.message).not.toContain('hidden');
  });
});
