import type { ChatMessage, ToolCall } from './chat-message.ts';

// Shortens a conversation to the context of the model: first the oldest tool outputs, then the arguments of the oldest calls, which may
// contain whole files. Then drops early messages if the conversation is still too long. The system prompt and the first user message stay.

/** Number of newest messages that stay unchanged, because the model still needs them. */
const UNTRIMMED_MESSAGES = 6;
/** Number of characters that remain of a shortened text. */
const SHORTENED_CHARS = 240;
/** Low estimate, because code has short tokens and the number of tokens must not be underestimated. */
const CHARS_PER_TOKEN = 3;
/** Estimated characters for the role, ids and names of a message or call. */
const MESSAGE_OVERHEAD_CHARS = 20;
const CALL_OVERHEAD_CHARS = 40;

/** Estimates the tokens of a conversation. */
export function estimateTokens(messages: readonly ChatMessage[]): number {
  let chars = 0;
  for (const message of messages) chars += countChars(message);
  return Math.ceil(chars / CHARS_PER_TOKEN);
}

/** Returns the conversation shortened to about `maxTokens` estimated tokens. The newest messages stay, even above the limit. */
export function trimContext(messages: readonly ChatMessage[], maxTokens: number): ChatMessage[] {
  const trimmed = [...messages];
  let excessTokens = estimateTokens(trimmed) - maxTokens;
  for (const shorten of [shortenOutput, shortenCalls]) {
    for (
      let index = 0;
      index < trimmed.length - UNTRIMMED_MESSAGES && excessTokens > 0;
      index += 1
    ) {
      const before = trimmed[index];
      if (before === undefined) continue;
      const after = shorten(before);
      trimmed[index] = after;
      excessTokens -= Math.floor((countChars(before) - countChars(after)) / CHARS_PER_TOKEN);
    }
  }
  return excessTokens > 0 ? dropOldMessages(trimmed, maxTokens) : trimmed;
}

function countChars(message: ChatMessage): number {
  const calls = message.role === 'assistant' ? (message.tool_calls ?? []) : [];
  const callChars = calls.reduce(
    (sum, call) => sum + call.function.arguments.length + CALL_OVERHEAD_CHARS,
    0,
  );
  return (message.content ?? '').length + callChars + MESSAGE_OVERHEAD_CHARS;
}

function shortenOutput(message: ChatMessage): ChatMessage {
  if (message.role !== 'tool' || message.content.length <= SHORTENED_CHARS * 2) return message;
  return { ...message, content: shortenText(message.content) };
}

function shortenText(text: string): string {
  return `${text.slice(0, SHORTENED_CHARS)}\n[... shortened: ${text.length - SHORTENED_CHARS} more characters; call the tool again if needed]`;
}

function shortenCalls(message: ChatMessage): ChatMessage {
  if (message.role !== 'assistant' || message.tool_calls === undefined) return message;
  return { ...message, tool_calls: message.tool_calls.map(shortenCall) };
}

/** Shortens the arguments of a call. The result must be valid JSON, because endpoints parse the arguments. */
function shortenCall(call: ToolCall): ToolCall {
  if (call.function.arguments.length <= SHORTENED_CHARS * 2) return call;
  const shortened = JSON.stringify({
    shortened: call.function.arguments.slice(0, SHORTENED_CHARS),
  });
  return { ...call, function: { ...call.function, arguments: shortened } };
}

/**
 * Drops early messages. An assistant message is dropped together with the outputs of its calls, because endpoints refuse an output
 * without a call.
 */
function dropOldMessages(messages: readonly ChatMessage[], maxTokens: number): ChatMessage[] {
  const firstUserIndex = messages.findIndex((message) => message.role === 'user');
  const head = messages.slice(0, firstUserIndex + 1);
  let tail = messages.slice(firstUserIndex + 1);
  while (
    tail.length > UNTRIMMED_MESSAGES &&
    estimateTokens(head) + estimateTokens(tail) > maxTokens
  ) {
    const firstKept = tail.findIndex((message, index) => index > 0 && message.role !== 'tool');
    if (firstKept === -1) break;
    tail = tail.slice(firstKept);
  }
  return [...head, ...tail];
}
