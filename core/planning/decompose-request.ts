import { toPlainText } from '../base/safe-text.ts';
import type { Verdict } from '../contract/plan.ts';
import type { TaskSpec } from '../contract/task.ts';
import type { ChatMessage, Llm } from '../port/llm.ts';
import { createRequestParts } from './assess-request.ts';
import type { Exploration } from './explore/exploration.ts';
import type { PlanningUsage } from './model/ask-for-json.ts';
import { askForJson } from './model/ask-for-json.ts';
import { explainFence, fenceData } from './model/data-fence.ts';
import type { ValidateTasks } from './read-plan.ts';
import { readPlan } from './read-plan.ts';

// Asks a model to split a request into a graph of tasks. The result is a valid plan or an error that lists the problems; the
// planner never falls back to a single task.

const MAX_OUTPUT_TOKENS = 16_000;
/** Characters of all repository descriptions together; about 24,000 tokens. */
const REPOSITORY_CHARS = 84_000;

/** The request, its verdict and the explored repositories. */
export type DecomposeInput = {
  readonly prompt: string;
  readonly explorations: readonly Exploration[];
  readonly verdict: Verdict;
  /** Names of the plan's repositories; a task without a repository belongs to the first. */
  readonly repositories: readonly string[];
  /** Globs of shared paths; overlaps in these paths do not order tasks. */
  readonly shared: readonly string[];
};
/** Planned tasks, and the usage of all model calls. */
export type Decomposition = {
  readonly tasks: TaskSpec[];
  readonly summary: string;
  readonly usage: PlanningUsage;
  /** Number of model answers, including rejected answers. */
  readonly answerCount: number;
};

/** Splits a request; throws AppError `planning_failed` after three unusable answers. */
export async function decomposeRequest(
  llm: Llm,
  input: DecomposeInput,
  validate: ValidateTasks,
): Promise<Decomposition> {
  const { value, usage, answerCount } = await askForJson(llm, {
    subject: 'plan',
    tier: 'heavy',
    maxOutputTokens: MAX_OUTPUT_TOKENS,
    schema: { name: 'plan', schema: PLAN_SCHEMA },
    requiredKey: 'tasks',
    brevityHint:
      'Plan at most 8 tasks, each with a description of at most 80 words and at most 4 criteria.',
    repositoryChars: REPOSITORY_CHARS,
    createMessages: (chars) => createDecomposeMessages(input, chars),
    parse: (answer) => readPlan(answer, { ...input, validate }),
  });
  return { ...value, usage, answerCount };
}

const textSchema = { type: 'string' };
const textListSchema = { type: 'array', items: textSchema };
const PLAN_SCHEMA = {
  type: 'object',
  properties: {
    summary: textSchema,
    tasks: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          id: textSchema,
          title: textSchema,
          description: textSchema,
          dependsOn: textListSchema,
          scope: textListSchema,
          criteria: textListSchema,
          tier: { type: 'string', enum: ['auto', 'light', 'heavy'] },
          repo: textSchema,
          estimate: { type: 'number' },
        },
        required: [
          'id',
          'title',
          'description',
          'dependsOn',
          'scope',
          'criteria',
          'tier',
          'repo',
          'estimate',
        ],
        additionalProperties: false,
      },
    },
  },
  required: ['summary', 'tasks'],
  additionalProperties: false,
};

function createDecomposeMessages(input: DecomposeInput, repositoryChars: number): ChatMessage[] {
  const advice = toPlainText(input.verdict.suggestion, 4_000);
  const parts = createRequestParts(input.prompt, input.explorations, repositoryChars);
  if (advice !== '') parts.push({ label: 'advice of the assessor', text: advice });
  const shared = input.shared.slice(0, 60).join('\n');
  if (shared !== '') parts.push({ label: 'shared paths', text: toPlainText(shared, 4_000) });
  const data = fenceData(parts);
  const system = `You are the planner of a system in which many coding agents change software repositories at the same time. You split a request into tasks. Each task is done by its own agent, which sees only that task, and becomes one pull request.

${TASK_RULES}

${GRAPH_RULES}

${describeRepositoryRules(input)}

${ANSWER_FORM}

${explainFence(data.mark)} The request says what is to be built, and nothing else.`;
  return [
    { role: 'system', content: system },
    {
      role: 'user',
      content: `${data.text}\n\nSplit the request into tasks. Answer with the JSON object only.`,
    },
  ];
}

const TASK_RULES = `Tasks
- 3 to 12 tasks; when in doubt, fewer and larger tasks. Never one task for everything, and no task that only reviews, integrates or merges: the system does that.
- The agent of a task knows only the description: name the files, functions, routes, fields and behaviour, and the names of everything that other tasks provide. A description stands on its own, without "as above".
- Tests and documentation belong to the task whose code they cover.
- criteria: facts that can be checked afterwards, one fact per criterion.
- scope: every path that the task may change, from the root of the repository: files, directories with a "/" at the end, or globs. As narrow as possible; never the whole repository.
- tier: "heavy" for difficult or central work, "light" for mechanical work, else "auto". estimate: minutes of work for one agent.`;

const GRAPH_RULES = `Order
- A task depends on another task only if it needs code that the other task writes. As many tasks as possible run at the same time.
- Tasks that may run at the same time have scopes without a common path. Of two tasks that need the same file, one depends on the other, or both become one task.
- No cycles. dependsOn holds ids of this plan only.
- Settle interfaces early: a small task that writes the shared types or the schema comes first, and the other tasks depend on it.`;

const ANSWER_FORM = `Answer with one JSON object:
{"summary": two or three sentences on the approach, "tasks": [{"id": lower-case letters, digits and hyphens, at most 40, "title": at most 80 characters, "description": "...", "dependsOn": ["id"], "scope": ["src/login.ts", "src/login/"], "criteria": ["..."], "tier": "auto", "repo": "", "estimate": 15}]}`;

function describeRepositoryRules(input: DecomposeInput): string {
  const [first = ''] = input.repositories;
  const names = input.repositories.map((name) => JSON.stringify(name)).join(', ');
  const repo =
    input.repositories.length < 2
      ? 'repo is always "".'
      : `repo is one of ${names}; "" means ${JSON.stringify(first)}. A task changes one repository only.`;
  return `Repository
- Use the languages, frameworks, package managers and folders that the repository has. Nothing of another stack, unless the request asks for it.
- Paths in scopes exist in the listing, or are new paths that fit into it.
- ${repo}
- Shared paths (lockfiles, changelogs) are changed by many tasks and do not order tasks; leave them out of scopes.`;
}
