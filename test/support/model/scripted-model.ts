import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';

// A fake model endpoint for every supported API. Each answer has the same text and usage, unless the test sets an error.

/** The running endpoint. */
export type ScriptedModel = {
  /** Base URL, ending with /v1. */
  readonly url: string;
  readonly requests: {
    readonly path: string;
    readonly headers: IncomingHttpHeaders;
    readonly body: Record<string, unknown>;
  }[];
  readonly usage: { readonly input: number; readonly output: number };
  /** Set by the test: returns the error for the n-th request, counted from 1; undefined: a normal answer. */
  refuse: (
    n: number,
  ) =>
    | { readonly status: number; readonly body: string; readonly headers?: Record<string, string> }
    | undefined;
  close(): Promise<void>;
};

export async function startScriptedModel(): Promise<ScriptedModel> {
  const server = createServer((request, response) => {
    void answerRequest(state, request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const state: ScriptedModel = {
    url: `http://127.0.0.1:${address.port}/v1`,
    requests: [],
    usage: { input: 100, output: 10 },
    refuse: () => undefined,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return state;
}

async function answerRequest(
  state: ScriptedModel,
  request: IncomingMessage,
  response: ServerResponse,
) {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  const body: Record<string, unknown> = text === '' ? {} : JSON.parse(text);
  const path = request.url ?? '';
  state.requests.push({ path, headers: request.headers, body });
  const refusal = state.refuse(state.requests.length);
  if (refusal) {
    response.writeHead(refusal.status, { 'content-type': 'application/json', ...refusal.headers });
    response.end(refusal.body);
    return;
  }
  const isStream = body.stream === true;
  response.writeHead(200, { 'content-type': isStream ? 'text/event-stream' : 'application/json' });
  if (!isStream) {
    response.end(JSON.stringify(createPlainAnswer(path, state.usage)));
    return;
  }
  for (const event of createStreamEvents(path, body, state.usage)) {
    response.write(`data: ${JSON.stringify(event)}\n\n`);
  }
  response.end('data: [DONE]\n\n');
}

type Usage = ScriptedModel['usage'];

function createPlainAnswer(path: string, { input, output }: Usage) {
  if (!path.endsWith('/chat/completions')) {
    return { content: 'hello', usage: { input_tokens: input, output_tokens: output } };
  }
  return {
    choices: [
      { index: 0, message: { role: 'assistant', content: 'hello' }, finish_reason: 'stop' },
    ],
    usage: { prompt_tokens: input, completion_tokens: output },
  };
}

function createStreamEvents(
  path: string,
  body: Record<string, unknown>,
  { input, output }: Usage,
): unknown[] {
  if (path.endsWith('/messages')) {
    return [
      { type: 'message_start', message: { usage: { input_tokens: input, output_tokens: 1 } } },
      { type: 'content_block_delta', delta: { type: 'text_delta', text: 'hello' } },
      { type: 'message_delta', usage: { output_tokens: output } },
    ];
  }
  if (path.endsWith('/responses')) {
    const usage = { input_tokens: input, output_tokens: output };
    return [
      { type: 'response.output_text.delta', delta: 'hello' },
      { type: 'response.completed', response: { usage } },
    ];
  }
  const includesUsage = JSON.stringify(body.stream_options ?? {}).includes('"include_usage":true');
  const usage = { prompt_tokens: input, completion_tokens: output };
  const text = { choices: [{ index: 0, delta: { content: 'hello' } }] };
  return includesUsage ? [text, { choices: [], usage }] : [text];
}
