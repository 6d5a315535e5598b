import { z } from 'zod';
import { toOneLine, toPlainText, truncateText } from '../base/safe-text.ts';
import { isJsonObject } from '../chat/json-value.ts';
import type { TaskSpec } from '../contract/task.ts';
import { taskSpecSchema } from '../contract/task.ts';
import type { GraphProblem } from '../graph/check/graph-problem.ts';
import { quoteText } from '../graph/check/graph-problem.ts';
import { checkStackFit } from './check-stack-fit.ts';
import type { Exploration } from './explore/exploration.ts';
import type { ParsedAnswer } from './model/ask-for-json.ts';
import { normaliseIds } from './normalise-ids.ts';

// Converts a model's answer into tasks. Each defect becomes a message to the model; a defective task is never dropped. Only
// missing acceptance criteria are added.

/** Limits a description from a model to 20,000 characters. A person may write a longer description, such as a whole prompt. */
const modelTaskSchema = taskSpecSchema.extend({ description: z.string().min(1).max(20_000) });

/** Criterion of a task for which the model wrote none. */
const DEFAULT_CRITERION =
  'The change described above is done and covered by a test where the project has tests.';

/** Upper bound of tasks in a model's plan. */
export const MAX_MODEL_TASKS = 60;

/** Validates the graph of a model's plan. */
export type ValidateTasks = (
  tasks: readonly TaskSpec[],
  context: {
    readonly repositories: readonly string[];
    readonly source: 'model';
    readonly maxTasks: number;
  },
) => readonly GraphProblem[];

/** The request of a plan, and the facts needed to validate the plan. */
export type PlanContext = {
  readonly prompt: string;
  readonly explorations: readonly Exploration[];
  /** Names of the plan's repositories; a task without a repository belongs to the first. */
  readonly repositories: readonly string[];
  readonly validate: ValidateTasks;
};
/** Tasks of a model's plan. */
export type PlannedTasks = { readonly summary: string; readonly tasks: TaskSpec[] };

/** Reads a plan from an answer; returns problems unless every task and the graph are valid. */
export function readPlan(
  answer: Record<string, unknown>,
  context: PlanContext,
): ParsedAnswer<PlannedTasks> {
  const { tasks: rawTasks } = answer;
  if (!Array.isArray(rawTasks)) return createRejection('"tasks" is not a list of tasks');
  if (rawTasks.length > MAX_MODEL_TASKS) {
    return createRejection(
      `the plan has ${rawTasks.length} tasks, more than the limit of ${MAX_MODEL_TASKS}; merge them into 3 to 12 tasks`,
    );
  }
  if (rawTasks.length < 2) {
    return createRejection(
      `the plan has ${rawTasks.length} tasks, but this request needs several; split it into 3 to 12 tasks`,
    );
  }

  const parsed = readTasks(rawTasks, context);
  if (!parsed.ok) return parsed;
  const tasks = parsed.value;
  const problems = [
    ...checkStackFit(tasks, context.explorations, context.prompt),
    ...checkGraph(tasks, context),
  ];
  if (problems.length > 0) return { ok: false, problems };
  const summary = typeof answer.summary === 'string' ? toPlainText(answer.summary, 4_000) : '';
  return { ok: true, value: { summary, tasks } };
}

function createRejection<T>(problem: string): ParsedAnswer<T> {
  return { ok: false, problems: [problem] };
}

function checkGraph(tasks: readonly TaskSpec[], context: PlanContext): string[] {
  const { repositories } = context;
  return context
    .validate(tasks, { repositories, source: 'model', maxTasks: MAX_MODEL_TASKS })
    .filter(({ severity }) => severity === 'error')
    .map(({ message }) => message);
}

function readTasks(rawTasks: readonly unknown[], context: PlanContext): ParsedAnswer<TaskSpec[]> {
  const drafts = rawTasks.map((task) => (isJsonObject(task) ? renameFields(task) : undefined));
  const rawIds = drafts.map((draft) => readTextLike(draft?.id));
  const unusableIds = rawIds.flatMap((id, index) =>
    id === undefined ? [explainUnusableId(index + 1, drafts[index]?.id)] : [],
  );
  if (unusableIds.length > 0) return { ok: false, problems: unusableIds };

  const normalised = normaliseIds(rawIds.map((id) => id ?? ''));
  const problems = [...normalised.problems];
  const tasks: TaskSpec[] = [];
  for (const [index, draft] of drafts.entries()) {
    const id = normalised.ids[index];
    if (draft === undefined || id === undefined) continue;
    const candidate = toTaskCandidate(draft, id, normalised.resolveDependency, context);
    const parsed = modelTaskSchema.safeParse(candidate);
    if (parsed.success) tasks.push(parsed.data);
    else problems.push(...parsed.error.issues.map((issue) => explainIssue(id, issue, candidate)));
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: tasks };
}

type SchemaIssue = { readonly path: PropertyKey[]; readonly message: string };

function explainIssue(id: string, issue: SchemaIssue, candidate: Record<string, unknown>): string {
  const value = issue.path.reduce<unknown>(
    (parent, key) =>
      typeof parent === 'object' && parent !== null ? Reflect.get(parent, key) : undefined,
    candidate,
  );
  const quotedValue = value === undefined ? '' : ` (${describeValue(value)})`;
  const field = issue.path.map(String).join('.');
  return `${id}: ${field}${quotedValue}: ${toOneLine(issue.message, 200)}`;
}

/** Returns a text; models also write numbers and booleans where a text is expected. */
function readTextLike(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

function explainUnusableId(position: number, id: unknown): string {
  if (id === undefined || id === null) return `task ${position} has no id`;
  return `task ${position}: the id is ${describeValue(id)}; write a text`;
}

/** Describes a value for the model: a text by itself, any other value with its type. */
function describeValue(value: unknown): string {
  if (typeof value === 'string') return quoteText(value);
  const type = Array.isArray(value) ? 'list' : typeof value;
  return `the ${type} ${toOneLine(JSON.stringify(value) ?? '', 60)}`;
}

type TaskDraft = Partial<Record<(typeof TASK_FIELDS)[number], unknown>>;

const TASK_FIELDS = [
  'id',
  'title',
  'description',
  'dependsOn',
  'scope',
  'criteria',
  'tier',
  'repo',
  'estimate',
] as const;

/** Field names of other conventions, used by models without schema support. */
const FIELD_ALIASES: Readonly<Record<string, (typeof TASK_FIELDS)[number]>> = {
  depends_on: 'dependsOn',
  dependencies: 'dependsOn',
  file_scope: 'scope',
  fileScope: 'scope',
  files: 'scope',
  acceptance_criteria: 'criteria',
  acceptanceCriteria: 'criteria',
  model_tier: 'tier',
  modelTier: 'tier',
  repository: 'repo',
};

function renameFields(task: Record<string, unknown>): TaskDraft {
  const draft: TaskDraft = {};
  for (const [alias, field] of Object.entries(FIELD_ALIASES)) {
    if (Object.hasOwn(task, alias)) draft[field] = task[alias];
  }
  for (const field of TASK_FIELDS) {
    if (Object.hasOwn(task, field)) draft[field] = task[field];
  }
  return draft;
}

/** Converts a draft into input for the task schema; null counts as absent. */
function toTaskCandidate(
  draft: TaskDraft,
  id: string,
  resolveDependency: (rawId: string) => string | undefined,
  context: PlanContext,
): Record<string, unknown> {
  const cleanText = (value: unknown): unknown =>
    typeof value === 'string' ? toPlainText(value, 40_000).trim() : value;
  const mapTexts = (value: unknown, convert: (text: string) => unknown): unknown =>
    Array.isArray(value)
      ? value.map((item) => (typeof item === 'string' ? convert(item) : item))
      : value;
  const title = typeof draft.title === 'string' ? toOneLine(draft.title, 120) : draft.title;
  const candidate = {
    id,
    title,
    description: cleanText(draft.description),
    dependsOn: mapTexts(
      readDependencies(draft.dependsOn),
      (raw) => resolveDependency(raw) ?? truncateText(raw, 60),
    ),
    scope: mapTexts(draft.scope, (path) => path.trim().replace(/^(\.\/)+(?=.)/, '')),
    criteria: readCriteria(mapTexts(draft.criteria, cleanText)),
    tier: draft.tier,
    repo: readRepository(draft.repo, context.repositories),
    estimate: draft.estimate,
  };
  return Object.fromEntries(
    Object.entries(candidate).filter(([, value]) => value !== undefined && value !== null),
  );
}

/** Returns the ids in `dependsOn` as texts. A single id counts as a list, and commas may separate the ids in a text. */
function readDependencies(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((id: unknown) => readTextLike(id) ?? id);
  const text = readTextLike(value);
  if (text === undefined) return value;
  return text
    .split(',')
    .map((id) => id.trim())
    .filter((id) => id !== '');
}

/** Adds a criterion if the model wrote none, because small models often leave the list empty. */
function readCriteria(value: unknown): unknown {
  const isMissing =
    value === undefined ||
    value === null ||
    (Array.isArray(value) && value.every((text) => text === ''));
  return isMissing ? [DEFAULT_CRITERION] : value;
}

/** Ignores the name if the plan has a single repository, because models often misspell the name. */
function readRepository(name: unknown, repositories: readonly string[]): unknown {
  if (repositories.length < 2) return '';
  return typeof name === 'string' ? name.trim() : name;
}
