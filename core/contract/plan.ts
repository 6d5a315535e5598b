import { z } from 'zod';
import { agentNameSchema } from './agent.ts';
import { taskIdSchema } from './id.ts';
import { PLAN_STATUSES } from './plan-status.ts';
import { planRepositorySchema } from './repository.ts';
import {
  edgeSchema,
  limitsSchema,
  taskSpecSchema,
  taskStatusSchema,
  tierSchema,
  usageSchema,
} from './task.ts';
import { waitingSchema } from './waiting.ts';

export const planStatusSchema = z.enum(PLAN_STATUSES);

/** `auto`: task PRs merge into the root branch when verified; `review`: a person approves each. The root PR is always a person's. */
export const policySchema = z.enum(['auto', 'review']);
export type Policy = z.infer<typeof policySchema>;

export const verdictSchema = z.object({
  complexity: z.enum(['simple', 'complex']),
  reasoning: z.string().max(4_000),
  confidence: z.number().min(0).max(1),
  estimatedTasks: z.number().int().min(1).max(60),
  suggestion: z.string().max(4_000).default(''),
});
export type Verdict = z.infer<typeof verdictSchema> & {
  readonly source: 'model' | 'person' | 'graph';
};

export const MAX_PROMPT_BYTES = 100_000;

/** What the plan as a whole may use; what is left out has no limit. */
export const budgetSchema = z
  .object({ maxUsd: z.number().positive(), maxTokens: z.number().int().positive() })
  .partial()
  .strict();

export const createPlanSchema = z
  .object({
    /** Optional only when a graph is given. */
    prompt: z
      .string()
      .refine((text) => new TextEncoder().encode(text).length <= MAX_PROMPT_BYTES, {
        message: `a prompt has at most ${MAX_PROMPT_BYTES} bytes`,
      })
      .default(''),
    title: z.string().max(120).optional(),
    repositories: z.array(planRepositorySchema).min(1).max(10),
    complexity: z.enum(['auto', 'simple', 'complex']).default('auto'),
    autoApprove: z.boolean().default(false),
    policy: policySchema.default('auto'),
    /** A graph of one's own: no model is asked. */
    graph: z.array(taskSpecSchema).min(1).max(10_000).optional(),
    limits: limitsSchema.default({}),
    /** For the plan as a whole; at 80% it is said, at 100% new attempts park. */
    budget: budgetSchema.default({}),
    maxParallel: z.number().int().min(1).max(1_000).optional(),
    agent: agentNameSchema.optional(),
    /** The task stays open for conversation; implies a simple plan. */
    interactive: z.boolean().default(false),
  })
  .strict()
  .refine((plan) => plan.graph !== undefined || plan.prompt.trim() !== '', {
    path: ['prompt'],
    message: 'a plan needs a prompt or a graph',
  });
export type CreatePlan = z.infer<typeof createPlanSchema>;

export const forecastSchema = z.object({
  tasks: z.number().int(),
  waves: z.array(z.array(taskIdSchema)),
  criticalPath: z.array(taskIdSchema),
  criticalPathMinutes: z.number(),
  /** With `slots` agents at once. */
  makespanMinutes: z.number(),
  slots: z.number().int(),
  tokens: z.number().int().nullable(),
  usd: z.number().nullable(),
  /** Pairs that may run together although their scopes meet (shared paths). */
  overlaps: z.array(z.object({ a: taskIdSchema, b: taskIdSchema, paths: z.array(z.string()) })),
});
export type Forecast = z.infer<typeof forecastSchema>;

export const conditionSchema = z.object({
  level: z.enum(['info', 'warning', 'error']),
  /** snake_case; one line per code. */
  code: z.string(),
  message: z.string(),
  at: z.number().int(),
});
export type Condition = z.infer<typeof conditionSchema>;

/** One edit of a graph that is not yet approved. */
export const editSchema = z.discriminatedUnion('op', [
  z.object({ op: z.literal('add_task'), task: taskSpecSchema }).strict(),
  z
    .object({
      op: z.literal('change_task'),
      task: taskIdSchema,
      title: z.string().max(120).optional(),
      description: z.string().min(1).max(20_000).optional(),
      criteria: z.array(z.string().min(1)).max(50).optional(),
      addCriteria: z.array(z.string().min(1)).max(50).optional(),
      scope: z.array(z.string()).max(200).optional(),
      tier: tierSchema.optional(),
      repo: z.string().optional(),
      estimate: z.number().positive().max(1440).optional(),
      limits: limitsSchema.optional(),
    })
    .strict(),
  /** Its dependents wait on its dependencies instead. */
  z.object({ op: z.literal('remove_task'), task: taskIdSchema }).strict(),
  z.object({ op: z.literal('add_edge'), from: taskIdSchema, to: taskIdSchema }).strict(),
  z.object({ op: z.literal('remove_edge'), from: taskIdSchema, to: taskIdSchema }).strict(),
  /** The parts take over the task's edges, all of them at both ends unless a part says otherwise. */
  z
    .object({
      op: z.literal('split_task'),
      task: taskIdSchema,
      into: z.array(taskSpecSchema).min(2).max(20),
    })
    .strict(),
  z
    .object({
      op: z.literal('merge_tasks'),
      tasks: z.array(taskIdSchema).min(2).max(20),
      into: taskSpecSchema,
    })
    .strict(),
]);
export type Edit = z.infer<typeof editSchema>;

export const editPlanSchema = z
  .object({
    revision: z.number().int().min(1),
    edits: z.array(editSchema).min(1).max(500),
    note: z.string().max(500).optional(),
  })
  .strict();
export const approvePlanSchema = z.object({ revision: z.number().int().min(1) }).strict();
export const reasonSchema = z.object({ reason: z.string().max(4_000).default('') }).strict();

/** The run that another is to follow, as it was seen: the same request sent twice starts one. */
export const restartSchema = z.object({ run: z.number().int().min(1) }).strict();

export const rootPullSchema = z.object({
  repo: z.string(),
  branch: z.string(),
  base: z.string(),
  number: z.number().int().optional(),
  url: z.string().optional(),
  ready: z.boolean(),
  state: z.enum(['none', 'open', 'merged', 'closed']),
});

export const planViewSchema = z.object({
  id: z.string(),
  title: z.string(),
  prompt: z.string(),
  status: planStatusSchema,
  /** Derived: an active plan in which nothing can move without a person. */
  halted: z.boolean(),
  /** What the planner does at this moment, while `planning`. */
  stage: z.string().optional(),
  reason: z.string().optional(),
  run: z.number().int(),
  revision: z.number().int(),
  version: z.number().int(),
  complexity: z.enum(['simple', 'complex']).optional(),
  verdict: verdictSchema.extend({ source: z.enum(['model', 'person', 'graph']) }).optional(),
  policy: policySchema,
  repositories: z.array(
    z.object({ name: z.string(), base: z.string(), baseSha: z.string().optional() }),
  ),
  forecast: forecastSchema.optional(),
  conditions: z.array(conditionSchema),
  pulls: z.array(rootPullSchema),
  counts: z.partialRecord(taskStatusSchema, z.number().int()),
  usage: usageSchema,
  waiting: z.array(waitingSchema),
  setup: z.array(
    z.object({
      repo: z.string(),
      setup: z.array(z.array(z.string())),
      verify: z.array(z.array(z.string())),
      found: z.string(),
    }),
  ),
  createdBy: z.string(),
  createdAt: z.number().int(),
  changedAt: z.number().int(),
  startedAt: z.number().int().optional(),
  finishedAt: z.number().int().optional(),
});
export type PlanView = z.infer<typeof planViewSchema>;

export const graphViewSchema = z.object({
  plan: z.string(),
  revision: z.number().int(),
  by: z.string(),
  at: z.number().int(),
  note: z.string(),
  tasks: z.array(taskSpecSchema),
  edges: z.array(edgeSchema),
  forecast: forecastSchema,
});
export type GraphView = z.infer<typeof graphViewSchema>;
