import { z } from 'zod';
import { AppError } from '../../core/base/app-error.ts';
import type { ChatMessage, Completion } from '../../core/port/llm.ts';
import { estimateTokens } from '../../core/port/llm.ts';
import type { CallContext } from './to-app-error.ts';
import { toAppErrorFromBody } from './to-app-error.ts';

// Parser for answers of OpenAI-compatible endpoints. Other vendors deviate from OpenAI: missing token counts, text in parts, tool
// arguments as objects, and errors in responses with status 200.

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
const errorBodySchema = z.object({ error: z.looseObject({}) });

/** Parsed answer; token counts are estimates if the endpoint sends none. */
export type ModelAnswer = {
  readonly text: string;
  readonly refusal: string;
  readonly finishReason: string;
  readonly toolCallCount: number;
  readonly usage: { readonly inputTokens: number; readonly outputTokens: number };
};

/** Parses the body of a response; throws AppError if the body is not a chat completion. The text may be empty. */
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
    toolCallCount: choice?.message.tool_calls?.length ?? 0,
    usage: {
      inputTokens: usage?.prompt_tokens ?? estimatePromptTokens(messages),
      outputTokens: usage?.completion_tokens ?? estimateTokens(text),
    },
  };
}

/** Converts an answer with text; throws AppError `model_refused` or `model_empty_answer` for an answer without text. */
export function toCompletion(answer: ModelAnswer, context: CallContext): Completion {
  const isTruncated = answer.finishReason === 'length' || answer.finishReason === 'max_tokens';
  if (answer.text.trim() !== '') {
    return { text: answer.text, truncated: isTruncated, model: context.model, usage: answer.usage };
  }
  const details = { model: context.model, usage: answer.usage };
  if (answer.refusal !== '' || answer.finishReason === 'content_filter') {
    const reason = answer.refusal.slice(0, 300) || 'a content filter stopped the answer';
    const message = `model ${context.model} refuses to answer: ${reason}`;
    throw new AppError('refused', 'model_refused', message, { details });
  }
  const reason = isTruncated ? ': the output limit was reached before the first word' : '';
  const message = `model ${context.model} gave an empty answer${reason}`;
  throw new AppError('transient', 'model_empty_answer', message, { details });
}

/** Estimates the tokens of a prompt, including the overhead of each message. */
export function estimatePromptTokens(messages: ChatMessage[]): number {
  const tokensPerMessage = 8;
  return messages.reduce((sum, { content }) => sum + estimateTokens(content) + tokensPerMessage, 0);
}

function createUnreadableAnswerError(body: unknown, context: CallContext): AppError {
  const error = errorBodySchema.safeParse(body);
  if (error.success) return toAppErrorFromBody(error.data.error, context);
  const message = `the endpoint did not answer with a chat completion for model ${context.model}; check MODEL_BASE_URL, which usually ends in /v1`;
  return new AppError('invalid', 'model_endpoint_wrong', message, {
    details: { model: context.model },
  });
}
