import { z } from 'zod';
import { agentNameSchema } from './agent.ts';
import { flagSummarySchema } from './flag.ts';
import { branchSchema, planIdSchema, taskIdSchema } from './id.ts';
import { PLAN_STATUSES } from './plan-status.ts';
import { planRepositorySchema, repositoryNameSchema } from './repository.ts';
import {
  edgeSchema,
  limitsSchema,
  taskSpecSchema,
  taskStatusSchema,
  tierSchema,
  usageSchema,
} from './task.ts';
import { createText, createTextLine, stripControls } from './text.ts';
import { waitingSchema } from './waiting.ts';

export const planStatusSchema = z.enum(PLAN_STATUSES);

/**
 * Merge policy of task pull requests: with `auto` a verified pull request merges into the root branch, with `review` a person
 * approves each pull request first. Only a person merges a root pull request.
 */
export const policySchema = z.enum(['auto', 'review']);
/** Merge policy of task pull requests. */
export type Policy = z.infer<typeof policySchema>;

export const verdictSchema = z.object({
  /** A simple plan has one task and no root branch. */
  complexity: z.enum(['simple', 'complex']),
  reasoning: z.string().max(4_000),
  confidence: z.number().min(0).max(1),
  estimatedTasks: z.number().int().min(1).max(60),
  /** Advice for splitting the request into tasks. */
  suggestion: z.string().max(4_000).default(''),
});
/** Assessment of a request, and its source. */
export type Verdict = z.infer<typeof verdictSchema> & {
  readonly source: 'model' | 'person' | 'graph';
};

/** Maximum size of a prompt, UTF-8 bytes. */
export const MAX_PROMPT_BYTES = 100_000;

/** Budget of a plan as a whole; a missing field means no limit. */
export const budgetSchema = z
  .object({ maxUsd: z.number().positive(), maxTokens: z.number().int().positive() })
  .partial()
  .strict();

/** Fields of the request that the plan stores as its options. */
export const planOptionsSchema = z.object({
  complexity: z.enum(['auto', 'simple', 'complex']).default('auto'),
  autoApprove: z.boolean().default(false),
  /** True to start tasks before the check of the base commit has ended, and also if the check is red. */
  allowRedBase: z.boolean().default(false),
  limits: limitsSchema.default({}),
  /** Budget of the plan as a whole: a notice appears at 80 %, and new attempts are parked at 100 %. */
  budget: budgetSchema.default({}),
  /** Maximum number of concurrent attempts of the plan; absent: only the platform's limit applies. */
  maxParallel: z.number().int().min(1).max(1_000).optional(),
  agent: agentNameSchema.optional(),
  /** True if the agent stays available for messages; implies a simple plan. */
  interactive: z.boolean().default(false),
});
/** Options of a plan, as its request states them. */
export type PlanOptions = z.infer<typeof planOptionsSchema>;

export const createPlanSchema = planOptionsSchema
  .extend({
    /** Required unless `graph` is given. */
    prompt: z
      .string()
      .overwrite(stripControls)
      .refine((text) => new TextEncoder().encode(text).length <= MAX_PROMPT_BYTES, {
        message: `the prompt is longer than ${MAX_PROMPT_BYTES} bytes; shorten it, or refer to files of the repository`,
      })
      .default(''),
    title: createTextLine(120).optional(),
    repositories: z.array(planRepositorySchema).min(1).max(10),
    policy: policySchema.default('auto'),
    /** Graph of tasks; if given, no model plans the tasks. */
    graph: z.array(taskSpecSchema).min(1).max(10_000).optional(),
  })
  .strict()
  .refine((plan) => plan.graph !== undefined || plan.prompt.trim() !== '', {
    path: ['prompt'],
    message: 'a plan needs a prompt or a graph',
  });
/** Request to create a plan. */
export type CreatePlan = z.infer<typeof createPlanSchema>;

export const forecastSchema = z.object({
  tasks: z.number().int(),
  waves: z.array(z.array(taskIdSchema)),
  criticalPath: z.array(taskIdSchema),
  criticalPathMinutes: z.number(),
  /** Estimated total time with `slots` concurrent agents, minutes. */
  makespanMinutes: z.number(),
  slots: z.number().int(),
  tokens: z.number().int().nullable(),
  usd: z.number().nullable(),
  /** Pairs of tasks that may run at the same time although their scopes overlap, because the overlap has only shared paths. */
  overlaps: z.array(z.object({ a: taskIdSchema, b: taskIdSchema, paths: z.array(z.string()) })),
});
/** Forecast of time and cost; `tokens` and `usd` are null if unknown. */
export type Forecast = z.infer<typeof forecastSchema>;

export const conditionSchema = z.object({
  level: z.enum(['info', 'warning', 'error']),
  /** Stable snake_case code; a plan has at most one condition with the same code. */
  code: z.string(),
  message: z.string(),
  at: z.number().int(),
});
/** Lasting condition of a plan that people should know; `at` in epoch milliseconds. */
export type Condition = z.infer<typeof conditionSchema>;

/** Edit of a graph before its approval. */
export const editSchema = z.discriminatedUnion('op', [
  z.object({ op: z.literal('add_task'), task: taskSpecSchema }).strict(),
  z
    .object({
      op: z.literal('change_task'),
      task: taskIdSchema,
      title: createTextLine(120).optional(),
      description: createText(20_000, 1).optional(),
      criteria: z.array(createText(20_000, 1)).max(50).optional(),
      addCriteria: z.array(createText(20_000, 1)).max(50).optional(),
      scope: z.array(z.string()).max(200).optional(),
      tier: tierSchema.optional(),
      repo: z.string().optional(),
      estimate: z.number().positive().max(1440).optional(),
      limits: limitsSchema.optional(),
    })
    .strict(),
  /** Removes a task; its dependents then depend on its dependencies. */
  z.object({ op: z.literal('remove_task'), task: taskIdSchema }).strict(),
  z.object({ op: z.literal('add_edge'), from: taskIdSchema, to: taskIdSchema }).strict(),
  z.object({ op: z.literal('remove_edge'), from: taskIdSchema, to: taskIdSchema }).strict(),
  /**
   * Replaces a task by parts. Dependents wait for all parts; a part without dependencies of its own inherits the dependencies of
   * the task.
   */
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
/** Edit of a graph before its approval. */
export type Edit = z.infer<typeof editSchema>;

export const editPlanSchema = z
  .object({
    revision: z.number().int().min(1),
    edits: z.array(editSchema).min(1).max(500),
    note: createText(500).optional(),
  })
  .strict();
export const approvePlanSchema = z.object({ revision: z.number().int().min(1) }).strict();
export const reasonSchema = z.object({ reason: createText(4_000).default('') }).strict();

/** `run` is the number of the current run. A repeated request then names an old run and starts no second run. */
export const restartSchema = z
  .object({
    run: z.number().int().min(1),
    /** Commit from which a started plan begins again: the same commit as before, or the present head of the base branch. */
    base: z.enum(['same', 'current']).default('same'),
    /** Confirms that a pull request with finished work may be closed. */
    closeReady: z.boolean().default(false),
  })
  .strict();

/** Repository of a plan and the new base branch of its result. */
export const retargetSchema = z.object({ repo: repositoryNameSchema, base: branchSchema }).strict();

/** Decision of a person about a base commit whose check has not ended or is not green. */
export const decideBaseSchema = z
  .object({ decision: z.enum(['continue', 'verify_again']) })
  .strict();
/** Decision of a person about a base commit whose check is not green. */
export type BaseDecision = z.infer<typeof decideBaseSchema>['decision'];

export const baseViewSchema = z.object({
  repo: z.string(),
  commit: z.string(),
  /**
   * - `checking` the verify commands run, or wait for a slot
   * - `green`    all verify commands succeed
   * - `red`      a set-up or verify command fails before any task has changed a file
   * - `unknown`  the check could not run; tasks start nevertheless
   * - `none`     the repository has no verify command
   */
  status: z.enum(['checking', 'green', 'red', 'unknown', 'none']),
  /** Failed command and the end of its output, or why the check could not run; at most 2,000 characters. */
  reason: z.string().max(2_000).optional(),
  /** Id of the check; `base` is its only task, whose logs show the output. */
  check: planIdSchema.optional(),
});
/** Verification of a repository's base commit, before any task has changed a file. */
export type BaseView = z.infer<typeof baseViewSchema>;

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
  /** True for an active plan in which no task can continue without a person. */
  halted: z.boolean(),
  /** Current step of the planner while the status is `planning`. */
  stage: z.string().optional(),
  reason: z.string().optional(),
  run: z.number().int(),
  revision: z.number().int(),
  version: z.number().int(),
  complexity: z.enum(['simple', 'complex']).optional(),
  verdict: verdictSchema.extend({ source: z.enum(['model', 'person', 'graph']) }).optional(),
  policy: policySchema,
  repositories: z.array(
    z.object({
      name: z.string(),
      /** Folder of a repository on the machine of the platform; absent for GitHub. */
      path: z.string().optional(),
      base: z.string(),
      baseSha: z.string().optional(),
    }),
  ),
  /** Verification of the base commits; a repository that is not explored yet is absent. */
  base: z.array(baseViewSchema),
  forecast: forecastSchema.optional(),
  conditions: z.array(conditionSchema),
  pulls: z.array(rootPullSchema),
  counts: z.partialRecord(taskStatusSchema, z.number().int()),
  usage: usageSchema,
  /** Summary of the committed paths of all tasks that a person should review; only in the view of one plan. */
  flags: flagSummarySchema.optional(),
  /** True if verify commands passed on the whole result; false if no command ran; absent before the verification. */
  verified: z.boolean().optional(),
  waiting: z.array(waitingSchema),
  setup: z.array(
    z.object({
      repo: z.string(),
      setup: z.array(z.array(z.string())),
      verify: z.array(z.array(z.string())),
      /** Description of the commands and their sources, for people. */
      found: z.string(),
    }),
  ),
  createdBy: z.string(),
  createdAt: z.number().int(),
  changedAt: z.number().int(),
  startedAt: z.number().int().optional(),
  finishedAt: z.number().int().optional(),
});
/** Plan as clients see it; all times in epoch milliseconds. */
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
/** Revision of a plan's graph; `at` in epoch milliseconds. */
export type GraphView = z.infer<typeof graphViewSchema>;
