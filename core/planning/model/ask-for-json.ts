import { AppError, isAppError } from '../../base/app-error.ts';
import { toOneLine, truncateText } from '../../base/safe-text.ts';
import { removeThoughts } from '../../chat/thoughts.ts';
import type { ChatMessage, Completion, Llm } from '../../port/llm.ts';
import { extractJson } from './extract-json.ts';

// Asks a model for a JSON object. After an unusable answer, the model receives the list of problems and answers again, at most
// twice. Errors of the endpoint (quota, key, network) are thrown without asking again.

const MAX_ANSWERS = 3;
const MAX_PROBLEMS = 30;
/** A shorter description of the repositories would not help the model. */
const MIN_REPOSITORY_CHARS = 4_000;

/** Usage of the model in a planning step; `turns` counts the completions. */
export type PlanningUsage = {
  model: string;
  inputTokens: number;
  outputTokens: number;
  turns: number;
};
/** The valid content of a model's answer, or the problems to report to the model. */
export type ParsedAnswer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: string[] };
/** A question with a JSON answer. */
export type JsonQuestion<T> = {
  /** Name of the answer in messages, such as "plan". */
  readonly subject: string;
  readonly tier: 'heavy' | 'light';
  readonly maxOutputTokens: number;
  readonly schema: { readonly name: string; readonly schema: Record<string, unknown> };
  /** Property that identifies the answer among other JSON objects. */
  readonly requiredKey: string;
  /** Instruction to the model after a truncated answer. */
  readonly brevityHint: string;
  /** Characters of all repository descriptions; halved until the prompt fits into the model's context. */
  readonly repositoryChars: number;
  /** Creates the prompt; the repository descriptions have at most the given number of characters. */
  readonly createMessages: (repositoryChars: number) => ChatMessage[];
  /** Validates and converts an answer. */
  readonly parse: (value: Record<string, unknown>) => ParsedAnswer<T>;
};
/** A usable answer, and the usage of all completions. */
export type JsonAnswer<T> = {
  readonly value: T;
  readonly usage: PlanningUsage;
  /** Number of model answers, including rejected answers. */
  readonly answerCount: number;
};

type RejectedAnswer = { readonly text: string; readonly problems: string[] };

/**
 * Asks a question. Throws AppError `planning_failed` after three unusable answers; `details` holds the problems of the last
 * answer and the usage.
 */
export async function askForJson<T>(llm: Llm, question: JsonQuestion<T>): Promise<JsonAnswer<T>> {
  const usage: PlanningUsage = { model: '', inputTokens: 0, outputTokens: 0, turns: 0 };
  let rejected: RejectedAnswer | undefined;
  for (let answerCount = 1; answerCount <= MAX_ANSWERS; answerCount += 1) {
    const completion = await askWithinContext(llm, question, rejected, usage);
    addUsage(usage, completion);
    const answer = parseCompletion(completion, question);
    if (answer.ok) return { value: answer.value, usage, answerCount };
    rejected = { text: completion.text, problems: answer.problems };
  }

  const problems = (rejected?.problems ?? []).slice(0, MAX_PROBLEMS);
  const message = `the model gave no usable ${question.subject} in ${MAX_ANSWERS} answers; problems of the last answer: ${problems.slice(0, 3).join('; ')}`;
  throw new AppError('invalid', 'planning_failed', truncateText(message, 1_000), {
    details: { problems, attempts: MAX_ANSWERS, usage },
  });
}

/** Shortens the repository descriptions until the prompt fits into the model's context. */
async function askWithinContext<T>(
  llm: Llm,
  question: JsonQuestion<T>,
  rejected: RejectedAnswer | undefined,
  usage: PlanningUsage,
): Promise<Completion> {
  const { tier, schema, maxOutputTokens } = question;
  for (let chars = question.repositoryChars; ; chars = Math.floor(chars / 2)) {
    const messages = [
      ...question.createMessages(chars),
      ...createFeedback(rejected, question.subject),
    ];
    try {
      return await llm.complete({ messages, schema, tier, maxOutputTokens });
    } catch (error) {
      if (isAppError(error, 'transient', 'model_empty_answer')) return createEmptyCompletion(error);
      const isTooLong = isAppError(error, 'invalid', 'context_too_small');
      if (!isTooLong || chars / 2 < MIN_REPOSITORY_CHARS) throw addUsageToError(error, usage);
    }
  }
}

function parseCompletion<T>(completion: Completion, question: JsonQuestion<T>): ParsedAnswer<T> {
  const { text, truncated } = completion;
  const cutOff = `the answer was cut off. ${question.brevityHint}`;
  if (text.trim() === '') return createUnusableAnswer(truncated ? cutOff : 'the answer is empty');
  const json = extractJson(text, question.requiredKey);
  if (json.isCutOff || (truncated && !json.ok)) return createUnusableAnswer(cutOff);
  return json.ok ? selectAnswer(json.candidates, question) : createUnusableAnswer(json.reason);
}

/** Returns the first valid candidate. Otherwise returns the problems of the longest candidate, because shorter ones are often examples. */
function selectAnswer<T>(
  candidates: readonly Record<string, unknown>[],
  question: JsonQuestion<T>,
): ParsedAnswer<T> {
  const rejected: { readonly answer: ParsedAnswer<T>; readonly length: number }[] = [];
  for (const candidate of candidates) {
    const answer = question.parse(candidate);
    if (answer.ok) return answer;
    rejected.push({ answer, length: JSON.stringify(candidate).length });
  }
  const [longest] = rejected.toSorted((left, right) => right.length - left.length);
  return longest?.answer ?? createUnusableAnswer('the answer contains no JSON object');
}

function createUnusableAnswer<T>(problem: string): ParsedAnswer<T> {
  return { ok: false, problems: [problem] };
}

/** Creates messages about the last answer only; each problem of an earlier answer is either solved or listed again. */
function createFeedback(rejected: RejectedAnswer | undefined, subject: string): ChatMessage[] {
  if (rejected === undefined) return [];
  const shown = rejected.problems
    .slice(0, MAX_PROBLEMS)
    .map((problem) => `- ${toOneLine(problem, 400)}`);
  const omitted = rejected.problems.length - shown.length;
  if (omitted > 0) shown.push(`- and ${omitted} more problems`);
  const answer = truncateText(removeThoughts(rejected.text).trim(), 12_000);
  return [
    { role: 'assistant', content: answer === '' ? '(nothing)' : answer },
    {
      role: 'user',
      content: `This ${subject} cannot be used:\n${shown.join('\n')}\n\nAnswer again with the whole corrected JSON object and nothing else.`,
    },
  ];
}

function addUsage(usage: PlanningUsage, completion: Completion): void {
  usage.model = completion.model === '' ? usage.model : completion.model;
  usage.inputTokens += completion.usage.inputTokens;
  usage.outputTokens += completion.usage.outputTokens;
  usage.turns += 1;
}

/** Converts the error `model_empty_answer` into an empty answer, so that the model is asked again and its usage is counted. */
function createEmptyCompletion(error: AppError): Completion {
  const reported = error.details.usage;
  const hasUsage = typeof reported === 'object' && reported !== null;
  const count = (name: string) => (hasUsage ? Number(Reflect.get(reported, name)) || 0 : 0);
  const model = typeof error.details.model === 'string' ? error.details.model : '';
  const usage = { inputTokens: count('inputTokens'), outputTokens: count('outputTokens') };
  const truncated = error.details.truncated === true;
  return { text: '', truncated, model, usage };
}

/** Adds the usage of earlier answers to an error, because their cost counts too. */
function addUsageToError(error: unknown, usage: PlanningUsage): unknown {
  if (!isAppError(error) || usage.turns === 0) return error;
  const details = { ...error.details, usage: { ...usage } };
  return new AppError(error.kind, error.code, error.message, { details, cause: error });
}
