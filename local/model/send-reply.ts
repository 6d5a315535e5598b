import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { MODEL_NAME } from './answer-chat.ts';
import type { ChatRequest } from './conversation.ts';
import type { Reply } from './reply.ts';

// Sends a reply in the format of chat/completions, as a single response or as a stream.

/** Maximum number of chunks into which a stream divides a text. */
const MAX_TEXT_CHUNKS = 8;
const CHARS_PER_TOKEN = 4;

/** A reply, and how to send the reply. */
export type SendOptions = {
  readonly request: ChatRequest;
  readonly reply: Exclude<Reply, { readonly status: number }>;
  /** Unique id of the reply. */
  readonly id: string;
  /** Milliseconds from the start to the end of the reply. */
  readonly latencyMs: number;
  readonly signal: AbortSignal;
};

/** Sends a reply; rejects if the signal aborts before the end of the reply. */
export async function sendReply(response: ServerResponse, options: SendOptions): Promise<void> {
  if (options.request.stream) await sendStream(response, options);
  else await sendResponse(response, options);
}

async function sendResponse(response: ServerResponse, options: SendOptions): Promise<void> {
  await delay(options.latencyMs, undefined, { signal: options.signal });
  const { text } = options.reply;
  const calls = createToolCalls(options);
  const message = {
    role: 'assistant',
    content: text,
    ...(calls.length ? { tool_calls: calls } : {}),
  };
  const choice = { index: 0, message, finish_reason: getFinishReason(options) };
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(
    JSON.stringify({
      ...createEnvelope(options, 'chat.completion'),
      choices: [choice],
      usage: estimateUsage(options),
    }),
  );
}

async function sendStream(response: ServerResponse, options: SendOptions): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  const deltas: unknown[] = [
    { role: 'assistant', content: '' },
    ...createTextDeltas(options.reply.text),
  ];
  for (const [index, call] of createToolCalls(options).entries()) {
    const { arguments: input, name } = call.function;
    deltas.push({ tool_calls: [{ ...call, index, function: { name, arguments: '' } }] });
    for (const piece of splitText(input)) {
      deltas.push({ tool_calls: [{ index, function: { arguments: piece } }] });
    }
  }
  const writeChunk = (fields: object) =>
    response.write(
      `data: ${JSON.stringify({ ...createEnvelope(options, 'chat.completion.chunk'), ...fields })}\n\n`,
    );
  for (const delta of deltas) {
    await delay(options.latencyMs / deltas.length, undefined, { signal: options.signal });
    writeChunk({ choices: [{ index: 0, delta, finish_reason: null }] });
  }
  writeChunk({ choices: [{ index: 0, delta: {}, finish_reason: getFinishReason(options) }] });
  if (options.request.stream_options?.include_usage)
    writeChunk({ choices: [], usage: estimateUsage(options) });
  response.end('data: [DONE]\n\n');
}

function createEnvelope({ id }: SendOptions, object: string) {
  return { id: `chatcmpl-${id}`, object, created: 0, model: MODEL_NAME };
}

function createTextDeltas(text: string): { readonly content: string }[] {
  return text === '' ? [] : splitText(text).map((content) => ({ content }));
}

function splitText(text: string): string[] {
  const chunkLength = Math.max(8, Math.ceil(text.length / MAX_TEXT_CHUNKS));
  return text.match(new RegExp(`.{1,${chunkLength}}`, 'gs')) ?? [];
}

function createToolCalls({ reply, id }: SendOptions) {
  const calls = 'calls' in reply ? reply.calls : [];
  return calls.map((call, index) => ({
    id: `call_${id}_${index}`,
    type: 'function' as const,
    function: { name: call.name, arguments: JSON.stringify(call.input) },
  }));
}

function getFinishReason({ reply }: SendOptions): string {
  return 'calls' in reply ? 'tool_calls' : 'stop';
}

function estimateUsage({ request, reply }: SendOptions) {
  const prompt = Math.ceil(JSON.stringify(request.messages).length / CHARS_PER_TOKEN);
  const completion = Math.ceil(JSON.stringify(reply).length / CHARS_PER_TOKEN);
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
  };
}
