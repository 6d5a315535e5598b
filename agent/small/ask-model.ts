import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '../../core/base/backoff.ts';
import type { ChatAnswer, ChatMessage } from './chat-message.ts';
import { ModelError } from './model-error.ts';
import type { SmallAgentConfig } from './small-agent-config.ts';
import type { ChatRequest } from './stream-chat.ts';
import { streamChat } from './stream-chat.ts';
import { TOOL_TABLE } from './tool-table.ts';
import { trimContext } from './trim-context.ts';

const MAX_TRIES = 4;
/** Longest wait before a retry, milliseconds. If the endpoint asks for a longer wait, the error is thrown instead. */
const MAX_WAIT_MS = 20_000;
const RETRY_BACKOFF = { firstMs: 500, maxMs: MAX_WAIT_MS };
/** Lower bound for the limit of the conversation, tokens. */
const MIN_CONTEXT_TOKENS = 4_000;

/** Messages after an empty answer, because the same conversation often leads to another empty answer. */
const EMPTY_ANSWER_REMINDER: readonly ChatMessage[] = [
  // Some endpoints refuse two user messages in a row.
  { role: 'assistant', content: '(no answer)' },
  {
    role: 'user',
    content:
      'Your last answer was empty. Continue with a tool call, or end with a short summary of what you did and why.',
  },
];

/**
 * Sends the conversation to the model. Retries temporary failures. If the model reports that the conversation is too long, halves the
 * limit of the conversation and tries again. Throws ModelError, or on abort the error of the aborted request.
 */
export async function askModel(
  config: SmallAgentConfig,
  history: readonly ChatMessage[],
  listener: Pick<ChatRequest, 'onText' | 'onThought' | 'signal'>,
): Promise<ChatAnswer> {
  let contextTokens = config.contextTokens;
  let reminder: readonly ChatMessage[] = [];
  const display = { hasText: false, needsSeparator: false };
  const showText = (text: string) => {
    // Separates the text of a further answer from the text of the answer that broke off.
    listener.onText(display.needsSeparator ? `\n\n${text}` : text);
    display.hasText = true;
    display.needsSeparator = false;
  };
  for (let tries = 1; ; tries += 1) {
    try {
      return await streamChat(config.endpoint, {
        ...listener,
        onText: showText,
        messages: [...trimContext(history, contextTokens), ...reminder],
        tools: TOOL_TABLE.map((tool) => tool.definition),
      });
    } catch (error) {
      if (!(error instanceof ModelError) || listener.signal.aborted) throw error;
      if (error.isContextTooLong && contextTokens > MIN_CONTEXT_TOKENS) {
        contextTokens = Math.max(MIN_CONTEXT_TOKENS, Math.floor(contextTokens / 2));
        continue;
      }
      if (error.isEmptyAnswer) reminder = EMPTY_ANSWER_REMINDER;
      const waitMs = error.retryAfterMs ?? backoffMs(tries, RETRY_BACKOFF);
      if (!error.isTransient || tries === MAX_TRIES || waitMs > MAX_WAIT_MS) throw error;
      display.needsSeparator = display.hasText;
      await delay(waitMs, undefined, { signal: listener.signal });
    }
  }
}
