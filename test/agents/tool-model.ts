import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { z } from 'zod';
import { listenOnLoopback } from '../../local/listen-on-loopback.ts';

// A chat/completions endpoint that completes a task with the tools of any agent: writes a file, then reports the end.

const requestSchema = z.looseObject({
  stream: z.boolean().nullish(),
  messages: z.array(z.looseObject({ role: z.string() })),
  tools: z
    .array(
      z.looseObject({
        function: z.looseObject({
          name: z.string(),
          parameters: z
            .looseObject({ properties: z.record(z.string(), z.unknown()).default({}) })
            .optional(),
        }),
      }),
    )
    .nullish(),
});
type ChatRequest = z.infer<typeof requestSchema>;
type ModelMessage = { readonly content: string | null; readonly tool_calls?: unknown[] };

/** Running endpoint. */
export type ToolModel = {
  readonly url: string;
  /** Authorization and offered tools of each request. */
  readonly requests: { readonly authorization: string | undefined; readonly tools: string[] }[];
  close(): Promise<void>;
};

export const USAGE = { prompt_tokens: 1_000, completion_tokens: 10, total_tokens: 1_010 };

/** Starts the endpoint. `path` is relative to the agent's workspace, which the prompt of the agent contains. */
export async function startToolModel(file: {
  readonly path: string;
  readonly content: string;
}): Promise<ToolModel> {
  const requests: ToolModel['requests'] = [];
  const server = createServer((request, response) => {
    answerRequest(request, response).catch((error: unknown) => {
      response.writeHead(400).end(JSON.stringify({ error: { message: String(error) } }));
    });
  });

  async function answerRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'GET') {
      sendJson(response, { object: 'list', data: [{ id: 'scripted', object: 'model' }] });
      return;
    }
    const chat = requestSchema.parse(JSON.parse(await readText(request)));
    const tools = chat.tools?.map((tool) => tool.function.name) ?? [];
    requests.push({ authorization: request.headers.authorization, tools });
    const message = createNextMessage(chat, file);
    const finish = message.tool_calls === undefined ? 'stop' : 'tool_calls';
    if (chat.stream === true) return streamMessage(response, message, finish);
    const choices = [
      { index: 0, message: { role: 'assistant', ...message }, finish_reason: finish },
    ];
    sendJson(response, { id: 'c', object: 'chat.completion', created: 1, choices, usage: USAGE });
  }

  const port = await listenOnLoopback(server, 0);
  return {
    url: `http://127.0.0.1:${port}/v1`,
    requests,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Creates the next message; requests without a write tool ask for a title or a summary. */
function createNextMessage(
  chat: ChatRequest,
  file: { readonly path: string; readonly content: string },
): ModelMessage {
  const writer = chat.tools?.find((tool) => /^write(_?file)?$/i.test(tool.function.name));
  if (writer === undefined) return { content: 'A small task' };
  if (chat.messages.some((message) => message.role === 'tool'))
    return { content: `I wrote ${file.path}.` };
  const names = Object.keys(writer.function.parameters?.properties ?? {});
  const workspace = findWorkspace(JSON.stringify(chat.messages));
  const input = Object.fromEntries(
    names.flatMap((name) => {
      if (/path|file/i.test(name)) return [[name, `${workspace}/${file.path}`]];
      return /content|text/i.test(name) ? [[name, file.content]] : [];
    }),
  );
  const call = { name: writer.function.name, arguments: JSON.stringify(input) };
  return {
    content: null,
    tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: call }],
  };
}

/** Finds the path of the workspace in a prompt, because agents require absolute paths. */
function findWorkspace(text: string): string {
  const workspace = /(\/[^\s"'\\`<>]+\/workspace)\b/.exec(text)?.[1];
  if (workspace === undefined)
    throw new Error('the prompt of the agent contains no workspace path');
  return workspace;
}

function streamMessage(response: ServerResponse, message: ModelMessage, finish: string): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const chunk = (fields: object) =>
    response.write(
      `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'scripted', ...fields })}\n\n`,
    );
  const choice = (delta: object, finish_reason: string | null) => ({
    choices: [{ index: 0, delta, finish_reason }],
  });
  chunk(choice({ role: 'assistant', ...message }, null));
  chunk(choice({}, finish));
  chunk({ choices: [], usage: USAGE });
  response.end('data: [DONE]\n\n');
}

function sendJson(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function readText(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}
