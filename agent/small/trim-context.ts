import type { ChatMessage, ToolCall } from './chat-message.ts';

// Keeps a conversation inside the model's context: the oldest tool outputs are shortened first, then what the oldest calls
// carried (whole files), then whole early turns go. The system prompt and the first task always stay.

/** The newest messages, which the model is working with at this moment. */
const UNTRIMMED_MESSAGES = 6;
const SHORTENED_CHARS = 240;
/** On the safe side for code. */
const CHARS_PER_TOKEN = 3;

export function estimateTokens(messages: readonly ChatMessage[]): number {
  let chars = 0;
  for (const message of messages) chars += countChars(message);
  return Math.ceil(chars / CHARS_PER_TOKEN);
}

export function trimContext(messages: readonly ChatMessage[], maxTokens: number): ChatMessage[] {
  const trimmed = [...messages];
  let left = estimateTokens(trimmed) - maxTokens;
  for (const shorten of [shortenOutput, shortenCalls]) {
    for (let index = 0; index < trimmed.length - UNTRIMMED_MESSAGES && left > 0; index += 1) {
      const before = trimmed[index];
      if (before === undefined) continue;
      const after = shorten(before);
      trimmed[index] = after;
      left -= Math.floor((countChars(before) - countChars(after)) / CHARS_PER_TOKEN);
    }
  }
  return left > 0 ? dropOldTurns(trimmed, maxTokens) : trimmed;
}

function countChars(message: ChatMessage): number {
  const calls = message.role === 'assistant' ? (message.tool_calls ?? []) : [];
  const inCalls = calls.reduce((sum, call) => sum + call.function.arguments.length + 40, 0);
  return (message.content ?? '').length + inCalls + 20;
}

function shortenOutput(message: ChatMessage): ChatMessage {
  if (message.role !== 'tool' || message.content.length <= SHORTENED_CHARS * 2) return message;
  return { ...message, content: shortenText(message.content) };
}

function shortenText(text: string): string {
  return `${text.slice(0, SHORTENED_CHARS)}\n[... shortened: ${text.length - SHORTENED_CHARS} more characters; ask again if needed]`;
}

function shortenCalls(message: ChatMessage): ChatMessage {
  if (message.role !== 'assistant' || message.tool_calls === undefined) return message;
  return { ...message, tool_calls: message.tool_calls.map(shortenCall) };
}

/** Arguments must stay valid JSON: endpoints parse them. */
function shortenCall(call: ToolCall): ToolCall {
  if (call.function.arguments.length <= SHORTENED_CHARS * 2) return call;
  const shortened = JSON.stringify({
    shortened: call.function.arguments.slice(0, SHORTENED_CHARS),
  });
  return { ...call, function: { ...call.function, arguments: shortened } };
}

/** An assistant message and the outputs of its calls go together, or the endpoint refuses the rest. */
function dropOldTurns(messages: readonly ChatMessage[], maxTokens: number): ChatMessage[] {
  const firstUser = messages.findIndex((message) => message.role === 'user');
  const head = messages.slice(0, firstUser + 1);
  let tail = messages.slice(firstUser + 1);
  while (
    tail.length > UNTRIMMED_MESSAGES &&
    estimateTokens(head) + estimateTokens(tail) > maxTokens
  ) {
    const next = tail.findIndex((message, index) => index > 0 && message.role !== 'tool');
    if (next === -1) break;
    tail = tail.slice(next);
  }
  return [...head, ...tail];
}
