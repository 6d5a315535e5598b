import { z } from 'zod';
import { type Verdict, verdictSchema } from '../contract/plan.ts';
import type { ChatMessage, Llm } from '../port/llm.ts';
import { askForJson, type PlanningUsage, type ReadAnswer } from './ask-for-json.ts';
import { type DataPart, explainFence, fenceData } from './data-fence.ts';
import { describeExploration, type Exploration } from './exploration.ts';
import { cutText, oneLine, plainText } from './plain-text.ts';

// Judges a request: simple (one agent, one pull request) or complex (a graph of tasks).

/** Below it a verdict is complex: planning too much costs less than one agent that is lost. */
const SURE_ENOUGH = 0.6;
const MAX_OUTPUT_TOKENS = 4_000;
/** About 8,000 tokens. */
const REPOSITORY_CHARS = 28_000;

export type AssessInput = { prompt: string; explorations: readonly Exploration[] };
export type Assessment = { verdict: Verdict; usage: PlanningUsage; attempts: number };

export async function assess(llm: Llm, input: AssessInput): Promise<Assessment> {
  const { value, usage, attempts } = await askForJson(llm, {
    what: 'verdict',
    tier: 'light',
    maxOutputTokens: MAX_OUTPUT_TOKENS,
    schema: { name: 'verdict', schema: VERDICT_SCHEMA },
    key: 'complexity',
    shorter: 'Keep reasoning and suggestion to two sentences each.',
    repositoryChars: REPOSITORY_CHARS,
    messages: (chars) => assessMessages(input, chars),
    read: readVerdict,
  });
  return { verdict: value, usage, attempts };
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

function assessMessages(input: AssessInput, repositoryChars: number): ChatMessage[] {
  const data = fenceData(requestParts(input.prompt, input.explorations, repositoryChars));
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

/** The request and what is known of each repository. */
export function requestParts(
  prompt: string,
  explorations: readonly Exploration[],
  repositoryChars: number,
): DataPart[] {
  const each = Math.floor(repositoryChars / Math.max(1, explorations.length));
  return [
    ...explorations.map((exploration) => ({
      label: `repository ${exploration.repo}`,
      text: describeExploration(exploration, each),
    })),
    { label: 'request', text: plainText(prompt, 200_000) },
  ];
}

const number = z.union([
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
  confidence: number.pipe(z.number().min(0).max(1)),
  estimatedTasks: number.pipe(z.number()),
  suggestion: z.string().nullish(),
});

function readVerdict(value: Record<string, unknown>): ReadAnswer<Verdict> {
  const parsed = answerSchema.safeParse(value);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      (issue) => `${issue.path.join('.')}: ${oneLine(issue.message, 200)}`,
    );
    return { ok: false, problems };
  }
  const { complexity, confidence, estimatedTasks, reasoning, suggestion } = parsed.data;
  const unsure = confidence < SURE_ENOUGH;
  const verdict = verdictSchema.parse({
    complexity: unsure ? 'complex' : complexity,
    reasoning: cutText(plainText(reasoning, 4_000), 4_000),
    confidence,
    estimatedTasks: Math.min(60, Math.max(1, Math.round(estimatedTasks))),
    suggestion: plainText(suggestion ?? '', 4_000),
  });
  return { ok: true, value: { ...verdict, source: 'model' } };
}
