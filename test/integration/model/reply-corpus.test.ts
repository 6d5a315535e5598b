import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ModelError } from '../../../agent/small/model-error.ts';
import { streamChat } from '../../../agent/small/stream-chat.ts';
import { isAppError } from '../../../core/base/app-error.ts';
import { readReply } from '../../../core/chat/reply-builder.ts';
import { ALL_REPLIES, OFFERED_TOOLS } from '../../support/model/corpus/all-replies.ts';
import type { CorpusReply } from '../../support/model/corpus/corpus-reply.ts';
import { STREAMED_TEXTS } from '../../support/model/corpus/text-replies.ts';
import { WRITTEN_CALLS } from '../../support/model/corpus/written-calls.ts';
import { askModel, createTestLlm } from '../../support/model/test-llm.ts';

// Sends every reply of the corpus over HTTP to the planner's client of the model and to the built-in agent.

let baseUrl = '';
let current: CorpusReply | undefined;
const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': current?.contentType });
  // Pieces of 7 bytes end within characters and within events.
  const bytes = Buffer.from(current?.body ?? '');
  for (let offset = 0; offset < bytes.length; offset += 7)
    response.write(bytes.subarray(offset, offset + 7));
  response.end();
});

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const EXPECTED_CODES: Readonly<Record<string, string>> = {
  incomplete: 'model_unavailable',
  refused: 'model_refused',
  busy: 'model_unavailable',
  rate_limit: 'model_rate_limited',
  quota: 'quota_exhausted',
  payment: 'quota_exhausted',
  key: 'model_key_refused',
};

/** Returns the text of the answer, or the code of the error. */
async function askForReply(reply: CorpusReply): Promise<string> {
  current = reply;
  try {
    return (await askModel(createTestLlm(baseUrl))).text;
  } catch (error) {
    return isAppError(error) ? error.code : String(error);
  }
}

/** The planner offers no tools, so calls inside a text stay text. */
const PLANNER_REPLIES = ALL_REPLIES.filter((reply) => !WRITTEN_CALLS.includes(reply));

describe("the planner's client of the model", () => {
  test.each(PLANNER_REPLIES.map((reply) => [reply.source, reply.title, reply] as const))(
    'reads or refuses the reply of %s: %s',
    async (_source, _title, reply) => {
      const { expected } = reply;
      const outcome = await askForReply(reply);

      if (expected.kind === 'complete') {
        expect(outcome).not.toMatch(/^(model|quota)_/);
        if (expected.text !== undefined) expect(outcome).toBe(expected.text);
      } else if (expected.kind === 'failed' && expected.problem === 'request') {
        expect(['model_request_refused', 'context_too_small']).toContain(outcome);
      } else if (expected.kind === 'empty') {
        const { text, thoughts } = readReply(reply.body);
        expect([thoughts, text, 'model_empty_answer']).toContain(outcome);
      } else if (expected.kind === 'unknown') {
        const isWebPage = reply.contentType === 'text/html';
        expect(outcome).toBe(isWebPage ? 'model_endpoint_wrong' : 'model_unavailable');
      } else {
        const key = expected.kind === 'failed' ? expected.problem : expected.kind;
        expect(outcome).toBe(EXPECTED_CODES[key]);
      }
    },
  );
});

/** Returns the answer, or the problem of the ModelError. */
async function streamReply(reply: CorpusReply) {
  current = reply;
  const texts: string[] = [];
  const request = {
    messages: [],
    tools: OFFERED_TOOLS.map((tool) => ({
      type: 'function' as const,
      function: { description: '', ...tool },
    })),
    signal: new AbortController().signal,
    onText: (text: string) => void texts.push(text),
    onThought: () => {},
  };
  try {
    const answer = await streamChat({ baseUrl, apiKey: 'k', model: 'm' }, request);
    const calls = answer.toolCalls.map((call) => [
      call.function.name,
      JSON.parse(call.function.arguments),
    ]);
    return { ending: answer.ending, text: answer.text, calls, shown: texts.join('') };
  } catch (error) {
    return error instanceof ModelError ? error.problem : String(error);
  }
}

describe('the built-in agent', () => {
  test.each(ALL_REPLIES.map((reply) => [reply.source, reply.title, reply] as const))(
    'reads or refuses the reply of %s: %s',
    async (_source, _title, reply) => {
      const { expected } = reply;
      const outcome = await streamReply(reply);

      if (expected.kind === 'complete') {
        expect(outcome).toMatchObject({
          ending: expected.isTruncated === true ? 'truncated' : 'complete',
          calls: expected.calls ?? [],
          ...(expected.text === undefined ? {} : { text: expected.text }),
        });
      } else if (expected.kind === 'refused') {
        expect(outcome).toMatchObject({ ending: 'refused', calls: [] });
      } else if (expected.kind === 'failed') {
        expect(outcome).toBe(expected.problem);
      } else if (typeof outcome === 'string') {
        expect(outcome).toBe('busy');
      } else {
        // At the output limit, the agent ends its turn early, so that the bridge asks the agent to continue.
        expect([expected.kind, outcome.ending, outcome.calls]).toEqual(['empty', 'truncated', []]);
      }
    },
  );

  test('shows every text once, even if the endpoint repeats the whole message at the end', async () => {
    for (const reply of STREAMED_TEXTS) {
      const outcome = await streamReply(reply);
      expect(outcome, reply.title).toMatchObject({ shown: 'Hello world' });
    }
  });
});
