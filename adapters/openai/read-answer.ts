import { z } from 'zod';
import { AppError } from '../../core/base/app-error.ts';
import type { ChatMessage, Completion } from '../../core/port/llm.ts';
import { estimateTokens } from '../../core/port/llm.ts';
import type { CallContext } from './to-app-error.ts';
import { toBodyError } from './to-app-error.ts';

// Reads an answer of an OpenAI-compatible endpoint. Outside OpenAI the details vary: missing counts, text in parts, tool
// arguments as objects, and errors inside a 200.

const answerSchema = z.object({
  model: z.string().nullish(),
  choices: z
    .array(
      z.object({
        finish_reason: z.string().nullish(),
        message: z.object({
          content: z
            .union([z.string(), z.array(z.looseObject({ text: z.string().optional() }))])
            .nullish(),
          refusal: z.string().nullish(),
          tool_calls: z.array(z.unknown()).nullish(),
        }),
      }),
    )
    .min(1),
  usage: z
    .object({
      prompt_tokens: z.number().int().nonnegative().nullish(),
      completion_tokens: z.number().int().nonnegative().nullish(),
    })
    .nullish(),
});
const errorSchema = z.object({ error: z.looseObject({}) });

export type ModelAnswer = {
  readonly text: string;
  readonly refusal: string;
  readonly finishReason: string;
  readonly toolCalls: number;
  readonly usage: { readonly inputTokens: number; readonly outputTokens: number };
};

/** Throws AppError when it is no answer at all; an empty text is left to the caller. */
export function readAnswer(
  body: unknown,
  messages: ChatMessage[],
  context: CallContext,
): ModelAnswer {
  const parsed = answerSchema.safeParse(body);
  if (!parsed.success) throw createUnreadableAnswerError(body, context);

  const [choice] = parsed.data.choices;
  const content = choice?.message.content ?? '';
  const text =
    typeof content === 'string' ? content : content.map((part) => part.text ?? '').join('');
  const usage = parsed.data.usage;
  return {
    text,
    refusal: choice?.message.refusal ?? '',
    finishReason: choice?.finish_reason ?? '',
    toolCalls: choice?.message.tool_calls?.length ?? 0,
    usage: {
      inputTokens: usage?.prompt_tokens ?? estimatePromptTokens(messages),
      outputTokens: usage?.completion_tokens ?? estimateTokens(text),
    },
  };
}

/** Throws AppError for an empty or refused answer: neither is a success. */
export function toCompletion(answer: ModelAnswer, context: CallContext): Completion {
  const truncated = answer.finishReason === 'length' || answer.finishReason === 'max_tokens';
  if (answer.text.trim() !== '') {
    return { text: answer.text, truncated, model: context.model, usage: answer.usage };
  }
  const details = { model: context.model, usage: answer.usage };
  if (answer.refusal !== '' || answer.finishReason === 'content_filter') {
    const words = answer.refusal.slice(0, 300) || 'its content filter stopped the answer';
    const message = `model ${context.model} refuses to answer: ${words}`;
    throw new AppError('refused', 'model_refused', message, { details });
  }
  const why = truncated ? ': it used up its output limit before the first word' : '';
  const message = `model ${context.model} gave an empty answer${why}`;
  throw new AppError('transient', 'model_empty_answer', message, { details });
}

export function estimatePromptTokens(messages: ChatMessage[]): number {
  const perMessage = 8;
  return messages.reduce((sum, { content }) => sum + estimateTokens(content) + perMessage, 0);
}

function createUnreadableAnswerError(body: unknown, context: CallContext): AppError {
  const error = errorSchema.safeParse(body);
  if (error.success) return toBodyError(error.data.error, context);
  const message = `the endpoint answers model ${context.model} with something that is no chat completion; check the base URL`;
  return new AppError('invalid', 'model_endpoint_wrong', message, {
    details: { model: context.model },
  });
}
