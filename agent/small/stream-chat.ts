import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { ChatAnswer, ChatMessage, ToolCall, ToolDefinition } from './chat-message.ts';
import { ModelError, readModelError } from './model-error.ts';
import type { SmallAgentConfig } from './small-agent-config.ts';

// Sends a streamed request to chat/completions. Accepts a plain JSON answer as well, because some endpoints ignore `stream`.

/** Request to the model, with callbacks for the pieces of the answer. */
export type ChatRequest = {
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly ToolDefinition[];
  readonly signal: AbortSignal;
  onText(text: string): void;
  onThought(text: string): void;
};

const messagePartSchema = z.object({
  content: z.string().nullish(),
  reasoning_content: z.string().nullish(),
  tool_calls: z
    .array(
      z.object({
        index: z.number().int().nullish(),
        id: z.string().nullish(),
        function: z
          .object({ name: z.string().nullish(), arguments: z.string().nullish() })
          .nullish(),
      }),
    )
    .nullish(),
});
type MessagePart = z.infer<typeof messagePartSchema>;
type CallPart = NonNullable<MessagePart['tool_calls']>[number];

const chunkSchema = z.object({
  error: z.union([z.string(), z.object({ message: z.string() })]).nullish(),
  choices: z
    .array(
      z.object({
        delta: messagePartSchema.nullish(),
        message: messagePartSchema.nullish(),
        finish_reason: z.string().nullish(),
      }),
    )
    .nullish(),
});

/** Part of a tool call that has arrived so far. */
type DraftCall = { id: string; name: string; arguments: string };
/** Part of an answer that has arrived so far. */
type DraftAnswer = { text: string; readonly calls: DraftCall[]; finishReason: string | undefined };

/** Sends a request and collects the answer. Throws ModelError, or the error of `fetch` if `request.signal` aborts. */
export async function streamChat(
  endpoint: SmallAgentConfig['endpoint'],
  request: ChatRequest,
): Promise<ChatAnswer> {
  const response = await postRequest(endpoint, request);
  if (!response.ok) throw await readModelError(response);
  if (response.body === null) throw new ModelError('the answer of the model endpoint has no body');
  const draft: DraftAnswer = { text: '', calls: [], finishReason: undefined };
  const isStream = response.headers.get('content-type')?.includes('event-stream') ?? false;
  try {
    if (isStream) await readEvents(response.body, (data) => addChunk(draft, data, request));
    else addChunk(draft, await response.text(), request);
  } catch (error) {
    if (error instanceof ModelError || request.signal.aborted) throw error;
    throw new ModelError(
      `the answer of the model broke off, because the connection failed: ${String(error)}`,
      {
        cause: error,
      },
    );
  }
  return completeAnswer(draft);
}

async function postRequest(
  endpoint: SmallAgentConfig['endpoint'],
  request: ChatRequest,
): Promise<Response> {
  try {
    return await fetch(`${endpoint.baseUrl}/chat/completions`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${endpoint.apiKey}`,
      },
      body: JSON.stringify({
        model: endpoint.model,
        messages: request.messages,
        tools: request.tools,
        stream: true,
        stream_options: { include_usage: true },
      }),
      signal: request.signal,
    });
  } catch (error) {
    if (request.signal.aborted) throw error;
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    throw new ModelError(`the model endpoint cannot be reached: ${String(cause)}`, {
      cause: error,
    });
  }
}

/** Calls `onData` with the data of each server-sent event; ignores the end mark `[DONE]`. */
export async function readEvents(
  body: ReadableStream<Uint8Array>,
  onData: (data: string) => void,
): Promise<void> {
  const decoder = new TextDecoder();
  let unfinishedLine = '';
  for await (const bytes of body) {
    unfinishedLine += decoder.decode(bytes, { stream: true });
    const lines = unfinishedLine.split(/\r?\n/);
    unfinishedLine = lines.pop() ?? '';
    for (const line of lines) readEventLine(line, onData);
  }
  readEventLine(unfinishedLine, onData);
}

function readEventLine(line: string, onData: (data: string) => void): void {
  if (!line.startsWith('data:')) return;
  const data = line.slice('data:'.length).trim();
  if (data !== '' && data !== '[DONE]') onData(data);
}

function addChunk(draft: DraftAnswer, data: string, request: ChatRequest): void {
  const chunk = parseChunk(data);
  if (chunk.error !== undefined && chunk.error !== null) {
    const message = typeof chunk.error === 'string' ? chunk.error : chunk.error.message;
    throw new ModelError(`the model endpoint reported an error during the answer: ${message}`);
  }
  const choice = chunk.choices?.[0];
  if (choice === undefined) return;
  const part = choice.delta ?? choice.message;
  if (part) addPart(draft, part, request);
  if (choice.finish_reason) draft.finishReason = choice.finish_reason;
}

function parseChunk(data: string): z.infer<typeof chunkSchema> {
  try {
    return chunkSchema.parse(JSON.parse(data));
  } catch (error) {
    throw new ModelError(
      `the answer of the model endpoint is not in the format of chat/completions: ${data.slice(0, 200)}`,
      {
        cause: error,
      },
    );
  }
}

function addPart(draft: DraftAnswer, part: MessagePart, request: ChatRequest): void {
  if (part.reasoning_content) request.onThought(part.reasoning_content);
  if (part.content) {
    draft.text += part.content;
    request.onText(part.content);
  }
  for (const callPart of part.tool_calls ?? []) addCallPart(draft.calls, callPart);
}

function addCallPart(calls: DraftCall[], part: CallPart): void {
  const call = findOrAddDraftCall(calls, part);
  if (part.id) call.id = part.id;
  if (part.function?.name) call.name = part.function.name;
  call.arguments += part.function?.arguments ?? '';
}

function findOrAddDraftCall(calls: DraftCall[], part: CallPart): DraftCall {
  const existing = findDraftCall(calls, part);
  if (existing !== undefined) return existing;
  const added = { id: '', name: '', arguments: '' };
  calls.push(added);
  return added;
}

/**
 * Finds the call that a part continues; undefined if the part starts a new call. If a part has no `index`, its id decides: a part
 * with an id starts a new call, and a part without an id continues the last call.
 */
function findDraftCall(calls: readonly DraftCall[], part: CallPart): DraftCall | undefined {
  if (typeof part.index === 'number') return calls[part.index];
  return part.id ? undefined : calls.at(-1);
}

function completeAnswer(draft: DraftAnswer): ChatAnswer {
  if (draft.finishReason === undefined && draft.calls.length === 0 && draft.text === '') {
    throw new ModelError('the answer of the model is empty');
  }
  if (draft.finishReason === undefined) {
    throw new ModelError('the answer of the model broke off without a finish reason');
  }
  const toolCalls = draft.calls.map(
    (call): ToolCall => ({
      id: call.id === '' ? `call_${randomUUID()}` : call.id,
      type: 'function',
      function: { name: call.name, arguments: call.arguments },
    }),
  );
  if (toolCalls.length === 0 && draft.text.trim() === '' && draft.finishReason === 'stop') {
    throw new ModelError('the answer of the model is empty');
  }
  return { text: draft.text, toolCalls, finishReason: draft.finishReason };
}
