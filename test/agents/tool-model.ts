import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { z } from 'zod';
import { listenOnLoopback } from '../../local/listen-on-loopback.ts';

// A scripted chat/completions endpoint that completes a task with the tools of any agent: the model calls the agent's tool for writing a
// file, and then reports the end.

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

/** Running endpoint of the scripted model. */
export type ToolModel = {
  readonly url: string;
  /** Authorization header and names of the offered tools, by request. */
  readonly requests: { readonly authorization: string | undefined; readonly tools: string[] }[];
  close(): Promise<void>;
};

/** Token usage in every response. */
export const USAGE = { prompt_tokens: 1_000, completion_tokens: 10, total_tokens: 1_010 };

/** Starts the endpoint. `path`: file to write, relative to the workspace of the agent; the prompt must contain the workspace path. */
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
    const finishReason = message.tool_calls === undefined ? 'stop' : 'tool_calls';
    if (chat.stream === true) return streamMessage(response, message, finishReason);
    const choices = [
      { index: 0, message: { role: 'assistant', ...message }, finish_reason: finishReason },
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

/** Creates the response to a request. Agents also ask for a title or a summary; such requests offer no tool for writing. */
function createNextMessage(
  chat: ChatRequest,
  file: { readonly path: string; readonly content: string },
): ModelMessage {
  const writeTool = chat.tools?.find((tool) => /^write(_?file)?$/i.test(tool.function.name));
  if (writeTool === undefined) return { content: 'A small task' };
  if (chat.messages.some((message) => message.role === 'tool'))
    return { content: `I wrote ${file.path}.` };
  const parameterNames = Object.keys(writeTool.function.parameters?.properties ?? {});
  const workspace = findWorkspace(JSON.stringify(chat.messages));
  const input = Object.fromEntries(
    parameterNames.flatMap((name) => {
      if (/path|file/i.test(name)) return [[name, `${workspace}/${file.path}`]];
      return /content|text/i.test(name) ? [[name, file.content]] : [];
    }),
  );
  const call = { name: writeTool.function.name, arguments: JSON.stringify(input) };
  return {
    content: null,
    tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: call }],
  };
}

/** Finds the path of the workspace in the messages, because the tools of agents require absolute paths. */
function findWorkspace(text: string): string {
  const workspace = /(\/[^\s"'\\`<>]+\/workspace)\b/.exec(text)?.[1];
  if (workspace === undefined)
    throw new Error('the messages of the agent contain no path that ends in /workspace');
  return workspace;
}

function streamMessage(
  response: ServerResponse,
  message: ModelMessage,
  finishReason: string,
): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const writeChunk = (fields: object) =>
    response.write(
      `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'scripted', ...fields })}\n\n`,
    );
  const createChoice = (delta: object, finish_reason: string | null) => ({
    choices: [{ index: 0, delta, finish_reason }],
  });
  writeChunk(createChoice({ role: 'assistant', ...message }, null));
  writeChunk(createChoice({}, finishReason));
  writeChunk({ choices: [], usage: USAGE });
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
