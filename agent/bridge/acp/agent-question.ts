import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Question } from '../../../core/contract/task.ts';

// Questions of an agent to people: the elicitation of ACP, or the extension `_smol/ask` for agents without elicitation.

const MAX_OPTIONS = 20;
const MAX_TEXT_CHARS = 8_000;
const MAX_OPTION_CHARS = 400;
/** Default answer to a question for which the agent gives no default. */
const DEFAULT_ANSWER =
  'No person is available to answer: decide yourself what is best, and say what you decided.';

/** Field of a form, as JSON schema. */
const propertySchema = z.looseObject({
  type: z.string().optional(),
  title: z.string().nullish(),
  description: z.string().nullish(),
  default: z.unknown().optional(),
  enum: z.array(z.string()).nullish().catch(undefined),
  oneOf: z
    .array(z.looseObject({ const: z.string() }))
    .nullish()
    .catch(undefined),
});
type FormProperty = z.infer<typeof propertySchema>;
const formSchema = z.looseObject({
  message: z.string(),
  requestedSchema: z.looseObject({ properties: z.record(z.string(), propertySchema).default({}) }),
});

/** Parameters of `_smol/ask`. The answer has the form `{answer}`. */
export const askSchema = z.looseObject({
  question: z.string().min(1),
  options: z.array(z.string()).default([]),
  default: z.string().default(DEFAULT_ANSWER),
  timeoutMs: z.number().positive().optional(),
});

/** Question of an agent, and how to format the answer. */
export type AgentQuestion = {
  readonly question: Question;
  /** Converts the answer of a person into the result of the request. */
  readonly formatAnswer: (answer: string) => Record<string, string | number | boolean>;
};

/**
 * Converts an elicitation into a question. People answer only the first field of the form; the other fields get their defaults.
 *
 * @param now epoch milliseconds
 * @param timeoutMs time after which the question gets its default, milliseconds
 * @returns undefined if the parameters are malformed or the form has no field
 */
export function readElicitation(
  params: unknown,
  now: number,
  timeoutMs: number,
): AgentQuestion | undefined {
  const parsed = formSchema.safeParse(params);
  if (!parsed.success) return undefined;
  const properties = Object.entries(parsed.data.requestedSchema.properties);
  const [first] = properties;
  if (!first) return undefined;
  const [name, property] = first;
  const options = listOptions(property);
  const question = createQuestion({
    text: parsed.data.message,
    options,
    defaultText: formatDefault(property.default) ?? options[0] ?? DEFAULT_ANSWER,
    timeoutAt: now + timeoutMs,
  });
  const defaults = properties
    .slice(1)
    .flatMap(([key, { default: value }]) => (isAnswerValue(value) ? [[key, value] as const] : []));
  return {
    question,
    formatAnswer: (answer) => ({
      ...Object.fromEntries(defaults),
      [name]: parseTypedAnswer(answer, property, options),
    }),
  };
}

/** Converts a `_smol/ask` request into a question. The agent can shorten the time for an answer, but not extend the time. */
export function readAskRequest(
  params: z.infer<typeof askSchema>,
  now: number,
  timeoutMs: number,
): AgentQuestion {
  const question = createQuestion({
    text: params.question,
    options: params.options,
    defaultText: params.default,
    timeoutAt: now + Math.min(params.timeoutMs ?? timeoutMs, timeoutMs),
  });
  return { question, formatAnswer: (answer) => ({ answer: matchOption(answer, params.options) }) };
}

/** Creates a question and cuts its texts to the limits of the contract. */
function createQuestion(parts: {
  readonly text: string;
  readonly options: string[];
  readonly defaultText: string;
  readonly timeoutAt: number;
}): Question {
  return {
    id: `q-${randomBytes(6).toString('hex')}`,
    text: parts.text.slice(0, MAX_TEXT_CHARS),
    options: parts.options.slice(0, MAX_OPTIONS).map((option) => option.slice(0, MAX_OPTION_CHARS)),
    default: parts.defaultText.slice(0, MAX_TEXT_CHARS),
    timeoutAt: Math.round(parts.timeoutAt),
  };
}

function listOptions(property: FormProperty): string[] {
  if (property.type === 'boolean') return ['yes', 'no'];
  return property.enum ?? property.oneOf?.map((option) => option.const) ?? [];
}

/** Returns the option that the answer selects by text or by number from 1; returns the answer itself if no option matches. */
export function matchOption(answer: string, options: readonly string[]): string {
  const text = answer.trim();
  const optionWithText = options.find((option) => option.toLowerCase() === text.toLowerCase());
  const optionWithNumber = /^\d{1,2}$/.test(text) ? options[Number(text) - 1] : undefined;
  return optionWithText ?? optionWithNumber ?? text;
}

function parseTypedAnswer(
  answer: string,
  property: FormProperty,
  options: string[],
): string | number | boolean {
  const text = matchOption(answer, options);
  if (property.type === 'boolean') return /^(y|yes|true|1|ok)$/i.test(text);
  const isNumber = property.type === 'number' || property.type === 'integer';
  if (isNumber && Number.isFinite(Number(text))) return Number(text);
  return text;
}

function formatDefault(value: unknown): string | undefined {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return isAnswerValue(value) && value !== '' ? String(value) : undefined;
}

function isAnswerValue(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}
