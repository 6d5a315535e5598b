import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isAppError } from '../../../core/base/app-error.ts';
import { readReply } from '../../../core/chat/reply-builder.ts';
import { ALL_REPLIES } from '../../support/model/corpus/all-replies.ts';
import type { CorpusReply } from '../../support/model/corpus/corpus-reply.ts';
import { WRITTEN_CALLS } from '../../support/model/corpus/written-calls.ts';
import { askModel, createTestLlm } from '../../support/model/test-llm.ts';

// Sends every reply of the corpus over HTTP to the planner's client of the model.

let baseUrl = '';
let current: CorpusReply | undefined;
const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': current?.contentType });
  response.end(current?.body);
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
