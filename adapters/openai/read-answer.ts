import { AppError } from '../../core/base/app-error.ts';
import type { ChatReply } from '../../core/chat/chat-reply.ts';
import type { ReplyVerdict } from '../../core/chat/judge-reply.ts';
import { judgeReply } from '../../core/chat/judge-reply.ts';
import { readReply } from '../../core/chat/reply-builder.ts';
import type { ChatMessage, Completion } from '../../core/port/llm.ts';
import { estimateTokens } from '../../core/port/llm.ts';
import type { CallContext } from './to-app-error.ts';
import { createIncompleteError, toAppErrorFromFault } from './to-app-error.ts';

// Parser for answers of OpenAI-compatible endpoints, in all shapes that the tolerant reader of core/chat accepts.

/** Token counts of an answer. */
export type AnswerUsage = { readonly inputTokens: number; readonly outputTokens: number };

/** Parsed answer; token counts are estimates if the endpoint sends none. */
export type ModelAnswer = {
  /** Empty if the model wrote nothing. */
  readonly text: string;
  readonly isTruncated: boolean;
  readonly toolCallCount: number;
  readonly usage: AnswerUsage;
  /** Reason for an answer without text. */
  readonly emptyReason: string;
};

/**
 * Parses the body of a response with a success status.
 *
 * @throws AppError for an error in the body, for a refusal and for a body without a complete answer; `details.usage` holds the usage
 */
export function readAnswer(
  body: string,
  messages: readonly ChatMessage[],
  context: CallContext,
): ModelAnswer {
  const reply = readReply(body);
  const verdict = judgeReply(reply);
  const usage = readUsage(reply, messages);
  switch (verdict.kind) {
    case 'complete': {
      const { calls, isTruncated } = verdict;
      const text = selectText(verdict, reply);
      return { text, isTruncated, toolCallCount: calls.length, usage, emptyReason: '' };
    }
    case 'empty': {
      // Some servers report the whole answer as reasoning, if the model never ends its reasoning.
      const text = reply.thoughts.trim() === '' ? reply.text : reply.thoughts;
      const { isTruncated, reason: emptyReason } = verdict;
      return { text, isTruncated, toolCallCount: 0, usage, emptyReason };
    }
    case 'refused': {
      const message = `model ${context.model} refuses to answer: ${verdict.reason.slice(0, 300)}`;
      const details = { model: context.model, usage };
      throw new AppError('refused', 'model_refused', message, { details });
    }
    case 'failed':
      throw toAppErrorFromFault(verdict.fault, context);
    case 'incomplete':
      throw createIncompleteError(verdict.reason, usage, context);
    case 'unknown': {
      if (!verdict.isWebPage)
        throw createIncompleteError('the response is not a chat completion', usage, context);
      const message = `the endpoint answered with a web page instead of a chat completion for model ${context.model}; check MODEL_BASE_URL, which usually ends in /v1`;
      throw new AppError('invalid', 'model_endpoint_wrong', message, {
        details: { model: context.model },
      });
    }
    default:
      return verdict satisfies never;
  }
}

/** Converts an answer with text; throws AppError `model_empty_answer` for an answer without text. */
export function toCompletion(answer: ModelAnswer, context: CallContext): Completion {
  const { text, isTruncated: truncated, usage } = answer;
  const { model } = context;
  if (text.trim() !== '') return { text, truncated, model, usage };
  const message = `model ${model} gave no answer: ${answer.emptyReason}`;
  const details = { model, usage, truncated };
  throw new AppError('transient', 'model_empty_answer', message, { details });
}

/** Estimates the tokens of a prompt, including the overhead of each message. */
export function estimatePromptTokens(messages: readonly ChatMessage[]): number {
  const tokensPerMessage = 8;
  return messages.reduce((sum, { content }) => sum + estimateTokens(content) + tokensPerMessage, 0);
}

/** Returns the text of an answer. Some models answer a request for JSON by a tool call, whose arguments are the JSON. */
function selectText(
  { text, calls }: Extract<ReplyVerdict, { readonly kind: 'complete' }>,
  reply: ChatReply,
): string {
  if (text.trim() !== '') return text;
  return calls.length > 0 ? calls.map((call) => call.arguments).join('\n') : reply.text;
}

function readUsage(reply: ChatReply, messages: readonly ChatMessage[]): AnswerUsage {
  const { usage, text, thoughts, calls } = reply;
  const written = [text, thoughts, ...calls.map((call) => call.arguments)].join('');
  return {
    inputTokens: usage.inputTokens ?? estimatePromptTokens(messages),
    outputTokens: usage.outputTokens ?? estimateTokens(written),
  };
}
