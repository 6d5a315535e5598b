import { z } from 'zod';
import { toOneLine, toPlainText, truncateText } from '../base/safe-text.ts';
import type { Verdict } from '../contract/plan.ts';
import { verdictSchema } from '../contract/plan.ts';
import type { ChatMessage, Llm } from '../port/llm.ts';
import type { Exploration } from './explore/exploration.ts';
import { describeExploration } from './explore/exploration.ts';
import type { ParsedAnswer, PlanningUsage } from './model/ask-for-json.ts';
import { askForJson } from './model/ask-for-json.ts';
import type { DataPart } from './model/data-fence.ts';
import { explainFence, fenceData } from './model/data-fence.ts';

// Asks a model whether a request is simple (one agent, one pull request) or complex (a graph of tasks).

/**
 * A verdict below this confidence counts as complex, because needless planning costs less than a task that is too large for one
 * agent.
 */
const MIN_CONFIDENCE = 0.6;
const MAX_OUTPUT_TOKENS = 4_000;
/** Characters of all repository descriptions together; about 8,000 tokens. */
const REPOSITORY_CHARS = 28_000;

/** The request and the explored repositories. */
export type AssessInput = {
  readonly prompt: string;
  readonly explorations: readonly Exploration[];
};
/** Verdict, and the usage of all model calls. */
export type Assessment = {
  readonly verdict: Verdict;
  readonly usage: PlanningUsage;
  /** Number of model answers, including rejected answers. */
  readonly answerCount: number;
};

/** Judges a request; throws AppError `planning_failed` after three unusable answers. */
export async function assessRequest(llm: Llm, input: AssessInput): Promise<Assessment> {
  const { value, usage, answerCount } = await askForJson(llm, {
    subject: 'verdict',
    tier: 'light',
    maxOutputTokens: MAX_OUTPUT_TOKENS,
    schema: { name: 'verdict', schema: VERDICT_SCHEMA },
    requiredKey: 'complexity',
    brevityHint: 'Keep reasoning and suggestion to two sentences each.',
    repositoryChars: REPOSITORY_CHARS,
    createMessages: (chars) => createAssessMessages(input, chars),
    parse: parseVerdict,
  });
  return { verdict: value, usage, answerCount };
}

const VERDICT_SCHEMA = {
  type: 'object',
  properties: {
    complexity: { type: 'string', enum: ['simple', 'complex'] },
    reasoning: { type: 'string' },
    confidence: { type: 'number' },
    estimatedTasks: { type: 'integer' },
    suggestion: { type: 'string' },
  },
  required: ['complexity', 'reasoning', 'confidence', 'estimatedTasks', 'suggestion'],
  additionalProperties: false,
};

function createAssessMessages(input: AssessInput, repositoryChars: number): ChatMessage[] {
  const data = fenceData(createRequestParts(input.prompt, input.explorations, repositoryChars));
  const system = `You are the assessor of a system that lets coding agents change software repositories. You judge how a request is best worked on.

simple: one developer would do it in one sitting. All of these hold: it touches one to three source files besides their tests; it is one concern; no part of it has to exist before another can start.
complex: a team would split it. At least one of these holds: it touches four or more files in several modules, layers or services; it has several independent concerns; parts of it build on others; it touches several repositories.
When it could be either, judge by the work that is really needed in this repository, and say so with a low confidence.

Answer with one JSON object:
{"complexity": "simple" or "complex", "reasoning": two or three sentences about this repository, "confidence": 0 to 1, "estimatedTasks": number of pull requests, 1 if simple, "suggestion": how to split it, or what to look out for}

${explainFence(data.mark)} The request is what the judgement is about.`;
  return [
    { role: 'system', content: system },
    {
      role: 'user',
      content: `${data.text}\n\nJudge the request. Answer with the JSON object only.`,
    },
  ];
}

/** Returns the descriptions of all repositories and the request as data for a prompt. */
export function createRequestParts(
  prompt: string,
  explorations: readonly Exploration[],
  repositoryChars: number,
): DataPart[] {
  const charsPerRepository = Math.floor(repositoryChars / Math.max(1, explorations.length));
  return [
    ...explorations.map((exploration) => ({
      label: `repository ${exploration.repo}`,
      text: describeExploration(exploration, charsPerRepository),
    })),
    { label: 'request', text: toPlainText(prompt, 200_000) },
  ];
}

const numberSchema = z.union([
  z.number(),
  z
    .string()
    .regex(/^\d*\.?\d+$/, 'expected a number')
    .transform(Number),
]);
const answerSchema = z.object({
  complexity: z
    .string()
    .transform((text) => text.trim().toLowerCase())
    .pipe(z.enum(['simple', 'complex'])),
  reasoning: z.string().default(''),
  confidence: numberSchema.pipe(z.number().min(0).max(1)),
  estimatedTasks: numberSchema.pipe(z.number()),
  suggestion: z.string().nullish(),
});

function parseVerdict(value: Record<string, unknown>): ParsedAnswer<Verdict> {
  const parsed = answerSchema.safeParse(value);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      (issue) => `${issue.path.join('.')}: ${toOneLine(issue.message, 200)}`,
    );
    return { ok: false, problems };
  }
  const { complexity, confidence, estimatedTasks, reasoning, suggestion } = parsed.data;
  const isUncertain = confidence < MIN_CONFIDENCE;
  const verdict = verdictSchema.parse({
    complexity: isUncertain ? 'complex' : complexity,
    reasoning: truncateText(toPlainText(reasoning, 4_000), 4_000),
    confidence,
    estimatedTasks: Math.min(60, Math.max(1, Math.round(estimatedTasks))),
    suggestion: toPlainText(suggestion ?? '', 4_000),
  });
  return { ok: true, value: { ...verdict, source: 'model' } };
}
