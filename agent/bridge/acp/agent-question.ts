import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Question } from '../../../core/contract/task.ts';

// What an agent asks of people: ACP's elicitation, or `_smol/ask` for agents that lack it.

const MAX_OPTIONS = 20;
const DEFAULT_ANSWER =
  'Nobody is there to answer: decide yourself what is best, and say what you decided.';

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

/** Parameters of `_smol/ask`; its answer is `{answer}`. */
export const askSchema = z.looseObject({
  question: z.string().min(1),
  options: z.array(z.string()).default([]),
  default: z.string().default(DEFAULT_ANSWER),
  timeoutMs: z.number().positive().optional(),
});

export type AgentQuestion = {
  readonly question: Question;
  /** The answer in the form that was asked for. */
  readonly formatAnswer: (answer: string) => Record<string, string | number | boolean>;
};

/** `timeoutMs`: how long people have. Undefined: not a form that a line of text can answer. */
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
    fallback: formatDefault(property.default) ?? options[0] ?? DEFAULT_ANSWER,
    timeoutAt: now + timeoutMs,
  });
  const others = properties.slice(1).flatMap(([key, each]) => {
    const value = each.default;
    return isAnswerValue(value) ? [[key, value] as const] : [];
  });
  return {
    question,
    formatAnswer: (answer) => ({
      ...Object.fromEntries(others),
      [name]: parseTypedAnswer(answer, property, options),
    }),
  };
}

export function readAskRequest(
  params: z.infer<typeof askSchema>,
  now: number,
  timeoutMs: number,
): AgentQuestion {
  const question = createQuestion({
    text: params.question,
    options: params.options,
    fallback: params.default,
    timeoutAt: now + Math.min(params.timeoutMs ?? timeoutMs, timeoutMs),
  });
  return { question, formatAnswer: (answer) => ({ answer: matchOption(answer, params.options) }) };
}

function createQuestion(from: {
  readonly text: string;
  readonly options: string[];
  readonly fallback: string;
  readonly timeoutAt: number;
}): Question {
  return {
    id: `q-${randomBytes(6).toString('hex')}`,
    text: from.text.slice(0, 8_000),
    options: from.options.slice(0, MAX_OPTIONS).map((option) => option.slice(0, 400)),
    default: from.fallback.slice(0, 8_000),
    timeoutAt: Math.round(from.timeoutAt),
  };
}

function listOptions(property: FormProperty): string[] {
  if (property.type === 'boolean') return ['yes', 'no'];
  return property.enum ?? property.oneOf?.map((option) => option.const) ?? [];
}

/** People answer with an option, its number, or their own words. */
export function matchOption(answer: string, options: readonly string[]): string {
  const said = answer.trim();
  const same = options.find((option) => option.toLowerCase() === said.toLowerCase());
  const numbered = /^\d{1,2}$/.test(said) ? options[Number(said) - 1] : undefined;
  return same ?? numbered ?? said;
}

function parseTypedAnswer(
  answer: string,
  property: FormProperty,
  options: string[],
): string | number | boolean {
  const said = matchOption(answer, options);
  if (property.type === 'boolean') return /^(y|yes|true|1|ok)$/i.test(said);
  const isNumber = property.type === 'number' || property.type === 'integer';
  if (isNumber && Number.isFinite(Number(said))) return Number(said);
  return said;
}

function formatDefault(value: unknown): string | undefined {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return isAnswerValue(value) && value !== '' ? String(value) : undefined;
}

function isAnswerValue(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}
