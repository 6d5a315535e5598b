import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LlmOptions } from '../../../adapters/openai/create-llm.ts';
import { createLlm } from '../../../adapters/openai/create-llm.ts';
import type { Llm } from '../../../core/port/llm.ts';
import { captureAppError } from '../../support/capture-app-error.ts';
import type { LlmStep, ScriptedLlmServer } from '../../support/model/scripted-llm-server.ts';
import {
  createCompletion,
  startScriptedLlmServer,
} from '../../support/model/scripted-llm-server.ts';

const NOW = 1_800_000_000_000;
const KEY = 'sk-canary-0123456789';
const SECRET_PROMPT = 'the canary prompt';
const SCHEMA = { name: 'answer', schema: { type: 'object', properties: {} } };

let server: ScriptedLlmServer;
let now: number;

beforeEach(async () => {
  server = await startScriptedLlmServer();
  now = NOW;
});
afterEach(() => server.close());

function createTestLlm(change: Partial<LlmOptions> = {}): Llm {
  return createLlm({
    baseUrl: server.url,
    apiKey: KEY,
    models: { heavy: 'big', light: 'small' },
    concurrency: 4,
    timeoutMs: 5_000,
    now: () => now,
    ...change,
  });
}

function askModel(model: Llm, change: Partial<Parameters<Llm['complete']>[0]> = {}) {
  return model.complete({
    messages: [{ role: 'user', content: SECRET_PROMPT }],
    schema: SCHEMA,
    tier: 'heavy',
    maxOutputTokens: 1_000,
    ...change,
  });
}

describe('an answer', () => {
  test('brings text, the tier’s model and the tokens that were counted', async () => {
    server.play('{"a":1}', '{}');

    const heavy = await askModel(createTestLlm());
    const light = await askModel(createTestLlm(), { tier: 'light' });

    expect(heavy).toEqual({
      text: '{"a":1}',
      truncated: false,
      model: 'big',
      usage: { inputTokens: 100, outputTokens: 20 },
    });
    expect(light.model).toBe('small');
    expect(server.requests.map(({ body }) => body.model)).toEqual(['big', 'small']);
    expect(server.requests[0]?.authorization).toBe(`Bearer ${KEY}`);
  });

  test('that was cut off says so', async () => {
    server.play({ status: 200, body: createCompletion('{"a":', { finishReason: 'length' }) });

    expect((await askModel(createTestLlm())).truncated).toBe(true);
  });

  test('without counts is estimated', async () => {
    server.play({ status: 200, body: createCompletion('x'.repeat(35), { usage: null }) });

    const { usage } = await askModel(createTestLlm());

    expect(usage).toEqual({ inputTokens: 13, outputTokens: 10 });
  });

  test('needs no key where the endpoint needs none', async () => {
    server.play('{}');

    await askModel(createTestLlm({ apiKey: '' }));

    expect(server.requests).toHaveLength(1);
  });
});

describe('what the endpoint does not take', () => {
  const refusal = (message: string): LlmStep => ({ status: 400, body: { error: { message } } });

  test('json_schema, then json_object: falls back to plain, tells the schema in words, and remembers', async () => {
    server.play(refusal('response_format json_schema'), refusal('json_object'), '{}', '{}');
    const model = createTestLlm();

    await askModel(model);
    await askModel(model);

    const formats = server.requests.map(
      ({ body }) => (body.response_format as { readonly type: string } | undefined)?.type,
    );
    expect(formats).toEqual(['json_schema', 'json_object', undefined, undefined]);
    expect(server.requests[2]?.body.messages?.[0]?.content).toContain(
      JSON.stringify(SCHEMA.schema),
    );
  });

  test('the spelling of the output limit: uses the one it asks for, and remembers', async () => {
    server.play(
      refusal("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."),
      '{}',
      '{}',
    );
    const model = createTestLlm();

    await askModel(model);
    await askModel(model);

    expect(server.requests.map(({ body }) => body.max_completion_tokens)).toEqual([
      undefined,
      1_000,
      1_000,
    ]);
  });

  test('an output limit that is too high: is left out', async () => {
    server.play(refusal('max_tokens is too large: 1000'), '{}');

    await askModel(createTestLlm());

    expect(server.requests[1]?.body).not.toHaveProperty('max_tokens');
  });

  test('anything else in the request ends as invalid, after every format was tried', async () => {
    server.play(refusal('nope'), refusal('nope'), refusal('nope'));

    const error = await captureAppError(askModel(createTestLlm()));

    expect([error.kind, error.code]).toEqual(['invalid', 'model_request_refused']);
    expect(error.message).toContain('nope');
  });
});

describe('refusals become the engine’s errors', () => {
  const cases: [string, LlmStep, string, string, number | undefined][] = [
    [
      '429 with Retry-After in seconds',
      { status: 429, headers: { 'retry-after': '7' }, body: { error: { message: 'slow down' } } },
      'paused',
      'model_rate_limited',
      7_000,
    ],
    [
      '429 with Retry-After as a date',
      {
        status: 429,
        headers: { 'retry-after': new Date(NOW + 90_000).toUTCString() },
        body: { error: { message: 'slow down' } },
      },
      'paused',
      'model_rate_limited',
      90_000,
    ],
    ['429 without', { status: 429, body: {} }, 'paused', 'model_rate_limited', 20_000],
    [
      '429 with an absurd Retry-After',
      { status: 429, headers: { 'retry-after': '99999999' }, body: {} },
      'paused',
      'model_rate_limited',
      3_600_000,
    ],
    [
      '503 with Retry-After',
      { status: 503, headers: { 'retry-after': '3' }, body: {} },
      'paused',
      'model_unavailable',
      3_000,
    ],
    ['500', { status: 500, body: 'oops' }, 'paused', 'model_unavailable', 15_000],
    ['529', { status: 529, body: {} }, 'paused', 'model_unavailable', 15_000],
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
      '402',
      { status: 402, body: { error: { message: 'Insufficient Balance' } } },
      'paused',
      'quota_exhausted',
      900_000,
    ],
    [
      '401',
      { status: 401, body: { error: { message: `Incorrect API key: ${KEY}` } } },
      'auth',
      'model_key_refused',
      undefined,
    ],
    ['403', { status: 403, body: {} }, 'auth', 'model_key_refused', undefined],
    [
      '404 for the model',
      { status: 404, body: { error: { message: 'The model `big` does not exist' } } },
      'invalid',
      'model_unknown',
      undefined,
    ],
    [
      '404 for the path',
      { status: 404, body: 'not here' },
      'invalid',
      'model_endpoint_wrong',
      undefined,
    ],
    [
      'a web page',
      { status: 200, body: '<html></html>' },
      'invalid',
      'model_endpoint_wrong',
      undefined,
    ],
    [
      'context_length_exceeded',
      {
        status: 400,
        body: { error: { message: 'too long', code: 'context_length_exceeded' } },
      },
      'invalid',
      'context_too_small',
      undefined,
    ],
    [
      'an error inside a 200',
      { status: 200, body: { error: { code: 429, message: 'upstream is busy' } } },
      'paused',
      'model_rate_limited',
      20_000,
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
    ['a cut connection', 'RESET', 'paused', 'model_unreachable', 30_000],
  ];

  test.each(cases)('%s', async (_name, step, kind, code, waitMs) => {
    server.play(step);

    const error = await captureAppError(askModel(createTestLlm()));

    expect([error.kind, error.code]).toEqual([kind, code]);
    const until = error.details.until;
    expect(until === undefined ? undefined : until - NOW).toBe(waitMs);
    expect(server.requests).toHaveLength(1);
    const seen = JSON.stringify([error.message, error.details, error.cause]);
    expect(seen).not.toContain(KEY);
    expect(seen).not.toContain(SECRET_PROMPT);
  });

  test('a refused connection', async () => {
    const { url } = server;
    await server.close();

    const error = await captureAppError(askModel(createTestLlm({ baseUrl: url })));

    expect([error.kind, error.code, error.details.until]).toEqual([
      'paused',
      'model_unreachable',
      NOW + 30_000,
    ]);
    expect(error.message).toContain('ECONNREFUSED');
  });

  test('a name that does not resolve', async () => {
    const error = await captureAppError(
      askModel(createTestLlm({ baseUrl: 'http://model.invalid/v1' })),
    );

    expect([error.kind, error.code]).toEqual(['paused', 'model_unreachable']);
  });

  test.each(['HANG', 'STALL'] as const)('%s: gives up after the time limit', async (step) => {
    server.play(step);

    const error = await captureAppError(askModel(createTestLlm({ timeoutMs: 200 })));

    expect([error.kind, error.code]).toEqual(['paused', 'model_timeout']);
  });

  test('a key with characters that no key has is not sent', async () => {
    const error = await captureAppError(askModel(createTestLlm({ apiKey: 'sk-a\nb' })));

    expect([error.kind, error.code]).toEqual(['auth', 'model_key_refused']);
    expect(error.message).not.toContain('sk-a');
    expect(server.requests).toHaveLength(0);
  });

  test('user and password of the base URL stay out of messages', async () => {
    server.play({ status: 500, body: {} });

    const error = await captureAppError(
      askModel(createTestLlm({ baseUrl: server.url.replace('//', '//me:hidden@') })),
    );

    expect(error.message).not.toContain('hidden');
  });
});

describe('waiting', () => {
  test('calls that were queued before a Retry-After do not ask before its end, new ones do', async () => {
    server.play({ status: 429, headers: { 'retry-after': '60' }, body: {} }, '{}');
    const model = createTestLlm({ concurrency: 1 });

    const queued = [askModel(model), askModel(model), askModel(model)].map((answer) =>
      captureAppError(answer),
    );
    const refusals = await Promise.all(queued);
    const fresh = await askModel(model);

    for (const { kind, details } of refusals)
      expect([kind, details.until]).toEqual(['paused', NOW + 60_000]);
    expect(fresh.text).toBe('{}');
    expect(server.requests).toHaveLength(2);
  });

  test('never more than `concurrency` calls are out at once, and all are answered', async () => {
    let release: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const hold: LlmStep = async () => {
      await held;
      return '{}';
    };
    server.play(...Array.from({ length: 6 }, () => hold));
    const model = createTestLlm({ concurrency: 2 });

    const answers = Array.from({ length: 6 }, () => askModel(model));
    await expect.poll(server.countLive, { timeout: 5_000 }).toBe(2);
    release();

    expect(await Promise.all(answers)).toHaveLength(6);
    expect(server.readPeak()).toBe(2);
  });

  test('a failed call gives its place back', async () => {
    server.play({ status: 500, body: {} }, '{}');
    const model = createTestLlm({ concurrency: 1 });

    await captureAppError(askModel(model));

    expect((await askModel(model)).text).toBe('{}');
  });
});

describe('the context', () => {
  test('of a model that is too small is refused before anything is sent', async () => {
    const model = createTestLlm({ contextTokens: { big: 1_200 } });

    const error = await captureAppError(
      askModel(model, { messages: [{ role: 'user', content: 'x'.repeat(3_500) }] }),
    );

    expect([error.kind, error.code]).toEqual(['invalid', 'context_too_small']);
    expect(error.message).toMatch(/about 10\d\d tokens.*model big has a context of 1200/);
    expect(server.requests).toHaveLength(0);
  });

  test('with some room left shortens the answer', async () => {
    server.play('{}');

    await askModel(createTestLlm({ contextTokens: { big: 8_000 } }), { maxOutputTokens: 16_000 });

    const limit = server.requests[0]?.body.max_tokens;
    expect(limit).toBeGreaterThan(7_900);
    expect(limit).toBeLessThan(8_000);
  });

  test('that the answer alone exceeds is left to the endpoint', async () => {
    const message =
      'maximum context length is 8192 tokens, you requested 16100 (100 in the messages, 16000 in the completion)';
    server.play({ status: 400, body: { error: { message } } }, '{}');

    expect((await askModel(createTestLlm(), { maxOutputTokens: 16_000 })).text).toBe('{}');
  });
});
