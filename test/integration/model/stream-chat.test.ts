import { createServer } from 'node:http';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { streamChat } from '../../../agent/small/stream-chat.ts';

let closeServer: (() => void) | undefined;
afterEach(() => {
  closeServer?.();
});

/** Reads an answer from an endpoint that sends `body` in pieces of 7 bytes. */
async function readAnswerTo(body: string, contentType = 'text/event-stream') {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': contentType });
    const bytes = Buffer.from(body);
    for (let offset = 0; offset < bytes.length; offset += 7)
      response.write(bytes.subarray(offset, offset + 7));
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closeServer = () => server.close();
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const texts: string[] = [];
  const thoughts: string[] = [];
  const answer = await streamChat(
    { baseUrl: `http://127.0.0.1:${port}`, apiKey: 'k', model: 'm' },
    {
      messages: [],
      tools: [],
      signal: new AbortController().signal,
      onText: (text) => texts.push(text),
      onThought: (text) => thoughts.push(text),
    },
  );
  return { ...answer, texts, thoughts };
}

function encodeEvents(...deltas: unknown[]): string {
  const chunks = deltas.map((delta) => ({ choices: [{ delta, finish_reason: null }] }));
  const end = { choices: [{ delta: {}, finish_reason: 'stop' }] };
  return [...chunks, end].map((chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`).join('');
}

describe('a streamed answer', () => {
  test('is assembled from its pieces, even if a piece ends within a character', async () => {
    const answer = await readAnswerTo(encodeEvents({ content: 'grüß ' }, { content: '世界' }));

    expect(answer.text).toBe('grüß 世界');
    expect(answer.texts).toEqual(['grüß ', '世界']);
  });

  test('is requested without `fetch` of Node.js, which ends a request after 300 seconds without a byte', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new Error('fetch was called')));

    const { text } = await readAnswerTo(encodeEvents({ content: 'hello' })).finally(() =>
      vi.unstubAllGlobals(),
    );

    expect(text).toBe('hello');
  });

  test('separates reasoning from text', async () => {
    const answer = await readAnswerTo(
      encodeEvents({ reasoning_content: 'hm' }, { content: 'yes' }),
    );

    expect(answer.thoughts).toEqual(['hm']);
    expect(answer.text).toBe('yes');
  });

  test('contains whole tool calls, even if the endpoint does not number the pieces of a call', async () => {
    const answer = await readAnswerTo(
      encodeEvents(
        { tool_calls: [{ id: 'a', function: { name: 'one', arguments: '{"x"' } }] },
        { tool_calls: [{ function: { arguments: ':1}' } }] },
        { tool_calls: [{ id: 'b', function: { name: 'two', arguments: '{}' } }] },
      ),
    );

    expect(answer.toolCalls.map((call) => [call.id, call.function])).toEqual([
      ['a', { name: 'one', arguments: '{"x":1}' }],
      ['b', { name: 'two', arguments: '{}' }],
    ]);
  });

  test('may be a single JSON document instead of a stream', async () => {
    const choice = { message: { role: 'assistant', content: 'whole' }, finish_reason: 'stop' };

    const answer = await readAnswerTo(JSON.stringify({ choices: [choice] }), 'application/json');

    expect(answer.text).toBe('whole');
  });

  test.each([
    ['an error in the middle', 'data: {"error":{"message":"boom"}}\n\n', 'boom'],
    [
      'an end without a finish reason',
      'data: {"choices":[{"delta":{"content":"he"}}]}\n\n',
      'broke off',
    ],
    ['no content', 'data: [DONE]\n\n', 'is empty'],
    ['data that is not JSON', 'data: <html>\n\n', 'not in the format of chat/completions'],
  ])('with %s is rejected', async (_name, body, message) => {
    await expect(readAnswerTo(body)).rejects.toThrow(message);
  });
});
