import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { z } from 'zod';

// A fake chat/completions endpoint. The test decides the answer to each request.

const requestSchema = z.object({
  messages: z.array(
    z.object({
      role: z.string(),
      content: z.string().nullish(),
      tool_call_id: z.string().optional(),
    }),
  ),
});
/** Request received by the endpoint. */
export type ReceivedChat = z.infer<typeof requestSchema>;

/** Answer of the endpoint: a text, tool calls, a response, or a stream without an end. */
export type ChatReply =
  | { readonly text: string; readonly finish?: string }
  | { readonly calls: readonly { readonly name: string; readonly input: unknown }[] }
  | { readonly status: number; readonly body: string; readonly headers?: Record<string, string> }
  /** The stream sends this text and then stays open. */
  | { readonly hang: string }
  /** The stream sends this text and then ends without an end mark. */
  | { readonly hangUp: string };

/** Running endpoint with its received requests. */
export type ChatServer = {
  readonly url: string;
  readonly requests: ReceivedChat[];
  close(): Promise<void>;
};

export async function startChatServer(
  chooseReply: (request: ReceivedChat, index: number) => ChatReply,
): Promise<ChatServer> {
  const requests: ReceivedChat[] = [];
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const parsed = requestSchema.parse(JSON.parse(body));
      requests.push(parsed);
      sendAnswer(response, chooseReply(parsed, requests.length - 1));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    url: `http://127.0.0.1:${address.port}/v1`,
    requests,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
}

function sendAnswer(response: ServerResponse, reply: ChatReply): void {
  if ('status' in reply) {
    response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers });
    response.end(reply.body);
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const send = (delta: unknown, finish: string | null) =>
    response.write(
      `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`,
    );
  if ('hang' in reply) {
    send({ content: reply.hang }, null);
    return;
  }
  if ('hangUp' in reply) {
    send({ content: reply.hangUp }, null);
    response.end();
    return;
  }
  if ('text' in reply) {
    for (const word of reply.text.split(/(?<= )/)) send({ content: word }, null);
    send({}, reply.finish ?? 'stop');
  } else {
    for (const [index, call] of reply.calls.entries()) {
      // The arguments arrive in pieces, as from real endpoints.
      const text = JSON.stringify(call.input);
      const id = `call_${Math.random().toString(36).slice(2)}`;
      send({ tool_calls: [{ index, id, function: { name: call.name, arguments: '' } }] }, null);
      send({ tool_calls: [{ index, function: { arguments: text.slice(0, 5) } }] }, null);
      send({ tool_calls: [{ index, function: { arguments: text.slice(5) } }] }, null);
    }
    send({}, 'tool_calls');
  }
  response.end('data: [DONE]\n\n');
}
