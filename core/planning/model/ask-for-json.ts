import { AppError, isAppError } from '../../base/app-error.ts';
import { toOneLine, truncateText } from '../../base/plain-text.ts';
import type { ChatMessage, Completion, Llm } from '../../port/llm.ts';
import { extractJson, removeThoughts } from './extract-json.ts';

// Asks a model for one JSON object, tells it what is wrong with an answer and asks again, at most twice. What makes the
// endpoint refuse (quota, key, network) is thrown at once and costs no attempt.

const MAX_ATTEMPTS = 3;
const MAX_PROBLEMS = 30;
/** Below this a description of a repository says nothing. */
const MIN_REPOSITORY_CHARS = 4_000;

export type PlanningUsage = {
  model: string;
  inputTokens: number;
  outputTokens: number;
  turns: number;
};
export type ReadAnswer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: string[] };
export type JsonQuestion<T> = {
  /** What is asked for, in words: "plan". */
  readonly subject: string;
  readonly tier: 'heavy' | 'light';
  readonly maxOutputTokens: number;
  readonly schema: { readonly name: string; readonly schema: Record<string, unknown> };
  /** The property by which the object is known. */
  readonly requiredKey: string;
  /** Said to a model whose answer was cut off. */
  readonly brevityHint: string;
  /** Room for the description of the repositories; halved while the model's context is too small. */
  readonly repositoryChars: number;
  readonly messages: (repositoryChars: number) => ChatMessage[];
  readonly read: (value: Record<string, unknown>) => ReadAnswer<T>;
};
export type JsonAnswer<T> = {
  readonly value: T;
  readonly usage: PlanningUsage;
  readonly attempts: number;
};

type RejectedAnswer = { readonly text: string; readonly problems: string[] };

/** Throws AppError `planning_failed` with every problem of the last answer; `details.usage` says what it cost. */
export async function askForJson<T>(llm: Llm, question: JsonQuestion<T>): Promise<JsonAnswer<T>> {
  const usage: PlanningUsage = { model: '', inputTokens: 0, outputTokens: 0, turns: 0 };
  let last: RejectedAnswer | undefined;
  for (let attempts = 1; attempts <= MAX_ATTEMPTS; attempts += 1) {
    const completion = await askWithinContext(llm, question, last, usage);
    addUsage(usage, completion);
    const answer = readCompletion(completion, question);
    if (answer.ok) return { value: answer.value, usage, attempts };
    last = { text: completion.text, problems: answer.problems };
  }

  const problems = (last?.problems ?? []).slice(0, MAX_PROBLEMS);
  const message = `the model gave no usable ${question.subject} in ${MAX_ATTEMPTS} attempts: ${problems.slice(0, 3).join('; ')}`;
  throw new AppError('invalid', 'planning_failed', truncateText(message, 1_000), {
    details: { problems, attempts: MAX_ATTEMPTS, usage },
  });
}

/** Shortens the description of the repositories until the prompt fits the model's context. */
async function askWithinContext<T>(
  llm: Llm,
  question: JsonQuestion<T>,
  last: RejectedAnswer | undefined,
  usage: PlanningUsage,
): Promise<Completion> {
  const { tier, schema, maxOutputTokens } = question;
  for (let chars = question.repositoryChars; ; chars = Math.floor(chars / 2)) {
    const messages = [...question.messages(chars), ...createFeedback(last, question.subject)];
    try {
      return await llm.complete({ messages, schema, tier, maxOutputTokens });
    } catch (error) {
      if (isAppError(error, 'transient', 'model_empty_answer')) return createEmptyCompletion(error);
      const fits = !isAppError(error, 'invalid', 'context_too_small');
      if (fits || chars / 2 < MIN_REPOSITORY_CHARS) throw addUsageToError(error, usage);
    }
  }
}

function readCompletion<T>(completion: Completion, question: JsonQuestion<T>): ReadAnswer<T> {
  if (completion.text.trim() === '')
    return createUnusableAnswer(`the answer is empty. ${question.brevityHint}`);
  const json = extractJson(completion.text, question.requiredKey);
  if (completion.truncated || (!json.ok && json.cutOff)) {
    return createUnusableAnswer(`the answer was cut off before its end. ${question.brevityHint}`);
  }
  return json.ok ? question.read(json.value) : createUnusableAnswer(json.reason);
}

function createUnusableAnswer<T>(problem: string): ReadAnswer<T> {
  return { ok: false, problems: [problem] };
}

/** Only the last answer is shown again: what it was told before is in that answer, or is told once more. */
function createFeedback(last: RejectedAnswer | undefined, what: string): ChatMessage[] {
  if (last === undefined) return [];
  const shown = last.problems
    .slice(0, MAX_PROBLEMS)
    .map((problem) => `- ${toOneLine(problem, 400)}`);
  const more = last.problems.length - shown.length;
  if (more > 0) shown.push(`- and ${more} more problems`);
  const answer = truncateText(removeThoughts(last.text).trim(), 12_000);
  return [
    { role: 'assistant', content: answer === '' ? '(nothing)' : answer },
    {
      role: 'user',
      content: `This ${what} cannot be used:\n${shown.join('\n')}\n\nAnswer again with the whole corrected JSON object and nothing else.`,
    },
  ];
}

function addUsage(usage: PlanningUsage, completion: Completion): void {
  usage.model = completion.model === '' ? usage.model : completion.model;
  usage.inputTokens += completion.usage.inputTokens;
  usage.outputTokens += completion.usage.outputTokens;
  usage.turns += 1;
}

function createEmptyCompletion(error: AppError): Completion {
  const used = error.details.usage;
  const isUsage = typeof used === 'object' && used !== null;
  const count = (name: string) => (isUsage ? Number(Reflect.get(used, name)) || 0 : 0);
  const model = typeof error.details.model === 'string' ? error.details.model : '';
  const usage = { inputTokens: count('inputTokens'), outputTokens: count('outputTokens') };
  return { text: '', truncated: false, model, usage };
}

/** Attempts before this refusal were paid for too. */
function addUsageToError(error: unknown, usage: PlanningUsage): unknown {
  if (!isAppError(error) || usage.turns === 0) return error;
  const details = { ...error.details, usage: { ...usage } };
  return new AppError(error.kind, error.code, error.message, { details, cause: error });
}
