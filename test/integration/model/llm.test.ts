import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { captureAppError } from '../../support/capture-app-error.ts';
import type { LlmStep, ScriptedLlmServer } from '../../support/model/scripted-llm-server.ts';
import {
  createCompletion,
  startScriptedLlmServer,
} from '../../support/model/scripted-llm-server.ts';
import {
  ANSWER_SCHEMA,
  askModel,
  createTestLlm,
  LLM_KEY,
  LLM_NOW_MS,
} from '../../support/model/test-llm.ts';

let server: ScriptedLlmServer;

beforeEach(async () => {
  server = await startScriptedLlmServer();
});
afterEach(() => server.close());

describe('a completion', () => {
  test('contains the text, the model of the tier and the token counts', async () => {
    server.play('{"a":1}', '{}');

    const heavy = await askModel(createTestLlm(server.url));
    const light = await askModel(createTestLlm(server.url), { tier: 'light' });

    expect(heavy).toEqual({
      text: '{"a":1}',
      truncated: false,
      model: 'big',
      usage: { inputTokens: 100, outputTokens: 20 },
    });
    expect(light.model).toBe('small');
    expect(server.requests.map(({ body }) => body.model)).toEqual(['big', 'small']);
    expect(server.requests[0]?.authorization).toBe(`Bearer ${LLM_KEY}`);
  });

  test('is marked as truncated if the endpoint reached the output limit', async () => {
    server.play({ status: 200, body: createCompletion('{"a":', { finishReason: 'length' }) });

    expect((await askModel(createTestLlm(server.url))).truncated).toBe(true);
  });

  test('contains estimated token counts if the endpoint sends none', async () => {
    server.play({ status: 200, body: createCompletion('x'.repeat(35), { usage: null }) });

    const { usage } = await askModel(createTestLlm(server.url));

    expect(usage).toEqual({ inputTokens: 13, outputTokens: 10 });
  });

  test('does not use `fetch` of Node.js, which ends a request after 300 seconds without a byte', async () => {
    server.play('{}');
    vi.stubGlobal('fetch', () => Promise.reject(new Error('fetch was called')));

    const { text } = await askModel(createTestLlm(server.url)).finally(() => vi.unstubAllGlobals());

    expect(text).toBe('{}');
  });

  test('works without a key', async () => {
    server.play('{}');

    await askModel(createTestLlm(server.url, { apiKey: '' }));

    expect(server.requests).toHaveLength(1);
  });
});

describe('a rejected parameter', () => {
  const refusal = (message: string): LlmStep => ({ status: 400, body: { error: { message } } });

  test('makes the client fall back to json_object and then to plain text with the schema in the prompt, and remember the format', async () => {
    server.play(refusal('response_format json_schema'), refusal('json_object'), '{}', '{}');
    const model = createTestLlm(server.url);

    await askModel(model);
    await askModel(model);

    const formats = server.requests.map(
      ({ body }) => (body.response_format as { readonly type: string } | undefined)?.type,
    );
    expect(formats).toEqual(['json_schema', 'json_object', undefined, undefined]);
    expect(server.requests[2]?.body.messages?.[0]?.content).toContain(
      JSON.stringify(ANSWER_SCHEMA.schema),
    );
  });

  test('makes the client use and remember the name that the endpoint requests for the output limit', async () => {
    server.play(
      refusal("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."),
      '{}',
      '{}',
    );
    const model = createTestLlm(server.url);

    await askModel(model);
    await askModel(model);

    expect(server.requests.map(({ body }) => body.max_completion_tokens)).toEqual([
      undefined,
      1_000,
      1_000,
    ]);
  });

  test('makes the client omit an output limit that is too high', async () => {
    server.play(refusal('max_tokens is too large: 1000'), '{}');

    await askModel(createTestLlm(server.url));

    expect(server.requests[1]?.body).not.toHaveProperty('max_tokens');
  });

  test('is reported as invalid if every format is rejected', async () => {
    server.play(refusal('nope'), refusal('nope'), refusal('nope'));

    const error = await captureAppError(askModel(createTestLlm(server.url)));

    expect([error.kind, error.code]).toEqual(['invalid', 'model_request_refused']);
    expect(error.message).toContain('nope');
  });
});

describe('concurrent calls', () => {
  test('after a Retry-After, calls already in the queue fail, and new calls are sent', async () => {
    server.play({ status: 429, headers: { 'retry-after': '60' }, body: {} }, '{}');
    const model = createTestLlm(server.url, { concurrency: 1 });

    const queued = [askModel(model), askModel(model), askModel(model)].map((completion) =>
      captureAppError(completion),
    );
    const refusals = await Promise.all(queued);
    const next = await askModel(model);

    for (const { kind, details } of refusals)
      expect([kind, details.until]).toEqual(['paused', LLM_NOW_MS + 60_000]);
    expect(next.text).toBe('{}');
    expect(server.requests).toHaveLength(2);
  });

  test('at most `concurrency` calls run at the same time, and all calls are answered', async () => {
    let release: () => void = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const answerWhenReleased: LlmStep = async () => {
      await released;
      return '{}';
    };
    server.play(...Array.from({ length: 6 }, () => answerWhenReleased));
    const model = createTestLlm(server.url, { concurrency: 2 });

    const answers = Array.from({ length: 6 }, () => askModel(model));
    await expect.poll(server.countLive, { timeout: 5_000 }).toBe(2);
    release();

    expect(await Promise.all(answers)).toHaveLength(6);
    expect(server.readPeak()).toBe(2);
  });

  test('a failed call lets the next call start', async () => {
    server.play({ status: 500, body: {} }, '{}');
    const model = createTestLlm(server.url, { concurrency: 1 });

    await captureAppError(askModel(model));

    expect((await askModel(model)).text).toBe('{}');
  });
});

describe('the context size', () => {
  test('makes the client reject a prompt that does not fit, without a request', async () => {
    const model = createTestLlm(server.url, { contextTokens: { big: 1_200 } });

    const error = await captureAppError(
      askModel(model, { messages: [{ role: 'user', content: 'x'.repeat(3_500) }] }),
    );

    expect([error.kind, error.code]).toEqual(['invalid', 'context_too_small']);
    expect(error.message).toMatch(/about 10\d\d tokens.*model big has a context of 1200/);
    expect(server.requests).toHaveLength(0);
  });

  test('reduces the output limit to the tokens that the prompt leaves', async () => {
    server.play('{}');

    await askModel(createTestLlm(server.url, { contextTokens: { big: 8_000 } }), {
      maxOutputTokens: 16_000,
    });

    const limit = server.requests[0]?.body.max_tokens;
    expect(limit).toBeGreaterThan(7_900);
    expect(limit).toBeLessThan(8_000);
  });

  test('makes the client omit the output limit if the endpoint rejects only the size of the answer', async () => {
    const message =
      'maximum context length is 8192 tokens, you requested 16100 (100 in the messages, 16000 in the completion)';
    server.play({ status: 400, body: { error: { message } } }, '{}');

    expect((await askModel(createTestLlm(server.url), { maxOutputTokens: 16_000 })).text).toBe(
      '{}',
    );
  });
});
