import { z } from 'zod';
import { toOneLine, toPlainText, truncateText } from '../base/plain-text.ts';
import type { TaskSpec } from '../contract/task.ts';
import { taskSpecSchema } from '../contract/task.ts';
import type { GraphProblem } from '../graph/check/graph-problem.ts';
import { quoteText } from '../graph/check/graph-problem.ts';
import { checkStackFit } from './check-stack-fit.ts';
import type { Exploration } from './explore/exploration.ts';
import type { ReadAnswer } from './model/ask-for-json.ts';
import { isObject } from './model/extract-json.ts';
import { normaliseIds } from './normalise-ids.ts';

// From a model's answer to tasks: every fault becomes a sentence that the model can act on; nothing is dropped or invented.

/** A person's simple prompt may be longer; a model that writes so much for one task has not planned it. */
const modelTaskSchema = taskSpecSchema.extend({ description: z.string().min(1).max(20_000) });

export const MAX_MODEL_TASKS = 60;

export type ValidateTasks = (
  tasks: readonly TaskSpec[],
  context: {
    readonly repositories: readonly string[];
    readonly source: 'model';
    readonly maxTasks: number;
  },
) => readonly GraphProblem[];

export type PlanContext = {
  readonly prompt: string;
  readonly explorations: readonly Exploration[];
  /** Names, the first is the one of tasks that name none. */
  readonly repositories: readonly string[];
  readonly validate: ValidateTasks;
};
export type PlannedTasks = { readonly summary: string; readonly tasks: TaskSpec[] };

export function readPlan(
  answer: Record<string, unknown>,
  context: PlanContext,
): ReadAnswer<PlannedTasks> {
  const { tasks: written } = answer;
  if (!Array.isArray(written)) return createFailedRead('"tasks" is not a list of tasks');
  if (written.length > MAX_MODEL_TASKS) {
    return createFailedRead(
      `the plan has ${written.length} tasks and may have ${MAX_MODEL_TASKS}; merge them into 3 to 12`,
    );
  }
  if (written.length < 2) {
    return createFailedRead(
      `the plan has ${written.length} tasks; this request was judged to need several: split it into 3 to 12`,
    );
  }

  const shaped = readTasks(written, context);
  if (!shaped.ok) return shaped;
  const problems = [
    ...checkStackFit(shaped.value, context.explorations, context.prompt),
    ...checkGraph(shaped.value, context),
  ];
  if (problems.length > 0) return { ok: false, problems };
  const summary = typeof answer.summary === 'string' ? toPlainText(answer.summary, 4_000) : '';
  return { ok: true, value: { summary, tasks: shaped.value } };
}

function createFailedRead<T>(text: string): ReadAnswer<T> {
  return { ok: false, problems: [text] };
}

function checkGraph(tasks: readonly TaskSpec[], context: PlanContext): string[] {
  const { repositories } = context;
  return context
    .validate(tasks, { repositories, source: 'model', maxTasks: MAX_MODEL_TASKS })
    .filter(({ severity }) => severity === 'error')
    .map(({ message }) => message);
}

function readTasks(written: readonly unknown[], context: PlanContext): ReadAnswer<TaskSpec[]> {
  const drafts = written.map((task) => (isObject(task) ? renameFields(task) : undefined));
  const rawIds = drafts.map((draft) => (typeof draft?.id === 'string' ? draft.id : undefined));
  const nameless = rawIds.flatMap((id, index) =>
    id === undefined ? [`task ${index + 1} has no id`] : [],
  );
  if (nameless.length > 0) return { ok: false, problems: nameless };

  const names = normaliseIds(rawIds.map((id) => id ?? ''));
  const problems = [...names.problems];
  const tasks: TaskSpec[] = [];
  for (const [index, draft] of drafts.entries()) {
    const id = names.ids[index];
    if (draft === undefined || id === undefined) continue;
    const candidate = toTaskCandidate(draft, id, names.resolve, context);
    const parsed = modelTaskSchema.safeParse(candidate);
    if (parsed.success) tasks.push(parsed.data);
    else problems.push(...parsed.error.issues.map((issue) => explainIssue(id, issue, candidate)));
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: tasks };
}

type SchemaIssue = { readonly path: PropertyKey[]; readonly message: string };

function explainIssue(id: string, issue: SchemaIssue, candidate: Record<string, unknown>): string {
  const value = issue.path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
    candidate,
  );
  const shown = typeof value === 'string' ? ` (${quoteText(value)})` : '';
  return `${id}: ${issue.path.map(String).join('.')}${shown}: ${toOneLine(issue.message, 200)}`;
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

/** Names that models use instead when nothing holds them to the schema. */
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

/** What the schema of a task then judges; null counts as absent. */
function toTaskCandidate(
  draft: TaskDraft,
  id: string,
  resolve: (written: string) => string | undefined,
  context: PlanContext,
): Record<string, unknown> {
  const text = (value: unknown): unknown =>
    typeof value === 'string' ? toPlainText(value, 40_000).trim() : value;
  const list = (value: unknown, change: (item: string) => unknown): unknown =>
    Array.isArray(value)
      ? value.map((item) => (typeof item === 'string' ? change(item) : item))
      : value;
  const title = typeof draft.title === 'string' ? toOneLine(draft.title, 120) : draft.title;
  const candidate = {
    id,
    title,
    description: text(draft.description),
    dependsOn: list(draft.dependsOn, (raw) => resolve(raw) ?? truncateText(raw, 60)),
    scope: list(draft.scope, (path) => path.trim().replace(/^(\.\/)+(?=.)/, '')),
    criteria: list(draft.criteria, text),
    tier: draft.tier,
    repo: readRepository(draft.repo, context.repositories),
    estimate: draft.estimate,
  };
  return Object.fromEntries(
    Object.entries(candidate).filter(([, value]) => value !== undefined && value !== null),
  );
}

/** With one repository its name says nothing, however a model spells it. */
function readRepository(written: unknown, repositories: readonly string[]): unknown {
  if (repositories.length < 2) return '';
  return typeof written === 'string' ? written.trim() : written;
}
