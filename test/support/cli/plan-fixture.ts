import type { GraphView, PlanView } from '../../../core/contract/plan.ts';
import { graphViewSchema, planViewSchema } from '../../../core/contract/plan.ts';
import type { TaskView } from '../../../core/contract/task.ts';
import { taskSpecSchema, taskViewSchema } from '../../../core/contract/task.ts';
import type { Waiting } from '../../../core/contract/waiting.ts';

// Complete and valid plans and tasks in the form of the API; a test overrides the fields under test.

export const PLAN_ID = 'p3k9m2x7abc';
/** Waiting item of a plan that awaits approval. */
export const APPROVAL: Waiting = {
  kind: 'approval',
  plan: PLAN_ID,
  revision: 1,
  actions: ['approve', 'reject'],
};
export const NOW = Date.UTC(2026, 4, 12, 14, 3, 22);

/** Creates an active plan with the fields of `change`. */
export function createPlanFixture(change: Partial<PlanView> = {}): PlanView {
  return planViewSchema.parse({
    id: PLAN_ID,
    title: 'Rate limits for the API',
    prompt: 'Limit how often one key may call the API, and document it.',
    status: 'active',
    halted: false,
    run: 1,
    revision: 1,
    version: 7,
    complexity: 'complex',
    verdict: {
      complexity: 'complex',
      reasoning: 'Three parts of the code base change, and two of them can go side by side.',
      confidence: 0.86,
      estimatedTasks: 4,
      suggestion: '',
      source: 'model',
    },
    policy: 'auto',
    repositories: [{ name: 'acme/shop', base: 'main', baseSha: 'a'.repeat(40) }],
    base: [],
    conditions: [],
    pulls: [],
    counts: {},
    usage: { inputTokens: 41_000, outputTokens: 6_200, usd: 0.31, turns: 24 },
    waiting: [],
    setup: [],
    createdBy: 'ada@example.com',
    createdAt: NOW - 200_000,
    changedAt: NOW - 1_000,
    startedAt: NOW - 180_000,
    ...change,
  });
}

/** Creates a pending task with the fields of `change`. */
export function createTaskFixture(change: Partial<TaskView> & { readonly id: string }): TaskView {
  return taskViewSchema.parse({
    plan: PLAN_ID,
    run: 1,
    ordinal: 1,
    kind: 'work',
    title: `Do ${change.id}`,
    repo: 'acme/shop',
    status: 'pending',
    version: 1,
    changedAt: NOW - 1_000,
    dependsOn: [],
    wave: 1,
    attempt: 0,
    usage: { inputTokens: 0, outputTokens: 0, usd: 0, turns: 0 },
    ...change,
  });
}

type GraphTask = { readonly id: string } & Record<string, unknown>;

/** Creates a graph view whose forecast puts all tasks into one wave. */
export function createGraphFixture(tasks: GraphTask[], change: Partial<GraphView> = {}): GraphView {
  const specs = tasks.map((task) =>
    taskSpecSchema.parse({ title: `Do ${task.id}`, description: `Do ${task.id} well.`, ...task }),
  );
  return graphViewSchema.parse({
    plan: PLAN_ID,
    revision: 1,
    by: 'planner',
    at: NOW - 60_000,
    note: '',
    tasks: specs,
    edges: specs.flatMap((task) =>
      task.dependsOn.map((from) => ({ from, to: task.id, reason: 'declared' })),
    ),
    forecast: {
      tasks: specs.length,
      waves: [specs.map((task) => task.id)],
      criticalPath: specs.slice(0, 1).map((task) => task.id),
      criticalPathMinutes: 10,
      makespanMinutes: 10,
      slots: 4,
      tokens: null,
      usd: null,
      overlaps: [],
    },
    ...change,
  });
}
