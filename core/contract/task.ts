import { z } from 'zod';
import { flagSummarySchema, uncommittedSchema } from './flag.ts';
import { repoPathSchema, shaSchema, taskIdSchema } from './id.ts';
import { isolationSchema } from './isolation.ts';
import { TASK_STATUSES } from './task-status.ts';
import { createText, createTextLine } from './text.ts';
import { waitingSchema } from './waiting.ts';

export const taskStatusSchema = z.enum(TASK_STATUSES);

export const tierSchema = z.enum(['auto', 'light', 'heavy']);
/** Size of the model that works on a task; `auto` leaves the choice to the platform. */
export type Tier = z.infer<typeof tierSchema>;

/** Kinds of attempts: `work` does the task, `repair` fixes its pull request, `verify` collects new evidence without an agent. */
export const attemptKindSchema = z.enum(['work', 'repair', 'verify']);
/** Kind of an attempt. */
export type AttemptKind = z.infer<typeof attemptKindSchema>;

/**
 * Limits of an attempt, which ends at the first limit that it reaches. For a missing limit of a task, the limit of the plan applies,
 * then the limit of the platform.
 */
export const limitsSchema = z
  .object({
    maxMinutes: z.number().positive().max(1440),
    /** Minutes without output of the agent. */
    idleMinutes: z.number().positive().max(240),
    maxTokens: z.number().int().positive(),
    maxUsd: z.number().positive(),
    maxTurns: z.number().int().positive().max(1000),
  })
  .partial()
  .strict();
/** Limits of an attempt. */
export type Limits = z.infer<typeof limitsSchema>;

export const taskSpecSchema = z
  .object({
    id: taskIdSchema,
    /** Short title for lists and pull requests; if empty, the first line of the description. */
    title: createTextLine(120).default(''),
    description: createText(100_000, 1),
    dependsOn: z.array(taskIdSchema).max(10_000).default([]),
    /** Paths, directories (with a slash at the end) or globs that the task may change. */
    scope: z.array(repoPathSchema).max(200).default([]),
    criteria: z.array(createText(2_000, 1)).max(50).default([]),
    tier: tierSchema.default('auto'),
    /** Name of a repository of the plan; if empty, the first repository. */
    repo: z.string().max(200).default(''),
    /** Estimated work in minutes, used for the critical path. */
    estimate: z.number().positive().max(1440).default(10),
    limits: limitsSchema.default({}),
    /** True if the agent waits for messages after its first answer instead of ending. */
    interactive: z.boolean().default(false),
  })
  .strict();
/** Task as a person or the planner describes it. */
export type TaskSpec = z.infer<typeof taskSpecSchema>;

/**
 * Reason for an edge: a person or the planner declared it, two scopes overlap, or an edit removed the task between two others.
 */
export const edgeReasonSchema = z.enum(['declared', 'overlap', 'relinked']);
export const edgeSchema = z.object({
  from: taskIdSchema,
  to: taskIdSchema,
  reason: edgeReasonSchema,
  /** Overlapping paths, for the reason `overlap`. */
  note: z.string().optional(),
});
/** Edge of the task graph: `to` starts after `from` was merged. */
export type Edge = z.infer<typeof edgeSchema>;

export const commandResultSchema = z.object({
  /** Program and arguments. */
  command: z.array(z.string()),
  /** null if the command did not exit by itself, for example after a timeout. */
  exitCode: z.number().int().nullable(),
  durationMs: z.number().int().nonnegative(),
  /** Last 8 KB of the output, without secrets. */
  output: z.string().max(8_192),
});
/** Result of one setup or verify command. */
export type CommandResult = z.infer<typeof commandResultSchema>;

/** Result of running all verify commands on `commit`, which contains `root`. */
export const evidenceSchema = z.object({
  commit: shaSchema,
  /** Commit of the root branch (for a simple plan, of the base branch) that `commit` contains. */
  root: shaSchema,
  /** Tree whose files the commands saw. Absent in evidence of older versions. */
  tree: shaSchema.optional(),
  /** Isolation of the commands from the agent. Absent if no command ran, and in evidence of older versions. */
  isolation: isolationSchema.optional(),
  green: z.boolean(),
  /** True if the repository has no verify command, so that no command ran. */
  empty: z.boolean().default(false),
  results: z.array(commandResultSchema).max(50),
  /** Epoch milliseconds. */
  at: z.number().int(),
});
/** Result of the verification of a commit. */
export type Evidence = z.infer<typeof evidenceSchema>;

export const usageSchema = z.object({
  inputTokens: z.number().int().nonnegative(),
  outputTokens: z.number().int().nonnegative(),
  /** Cost in USD; null if the price of the model is unknown. */
  usd: z.number().nonnegative().nullable(),
  turns: z.number().int().nonnegative(),
});
/** Model usage of an attempt, a task or a plan. */
export type Usage = z.infer<typeof usageSchema>;

export const questionSchema = z.object({
  id: z.string().max(64),
  text: createText(8_000),
  options: z.array(createText(400)).max(20).default([]),
  /** Answer that applies if no person answers by `timeoutAt`. */
  default: createText(8_000),
  /** Epoch milliseconds. */
  timeoutAt: z.number().int(),
});
/** Question of an agent to a person. */
export type Question = z.infer<typeof questionSchema>;

/** Task of a run as clients see it; all times in epoch milliseconds. */
export const taskViewSchema = z.object({
  plan: z.string(),
  run: z.number().int(),
  id: taskIdSchema,
  ordinal: z.number().int(),
  kind: z.enum(['work', 'join', 'end', 'base']),
  title: z.string(),
  repo: z.string(),
  status: taskStatusSchema,
  version: z.number().int(),
  changedAt: z.number().int(),
  reason: z.string().optional(),
  dependsOn: z.array(z.string()),
  /** Dependencies that are not merged yet. */
  waitsOn: z.array(z.string()).optional(),
  wave: z.number().int(),
  attempt: z.number().int(),
  attemptKind: attemptKindSchema.optional(),
  /** Id of the live attempt; absent if no attempt is live. */
  attemptId: z.string().optional(),
  startedAt: z.number().int().optional(),
  finishedAt: z.number().int().optional(),
  pullRequest: z.object({ number: z.number().int(), url: z.string() }).optional(),
  mergeSha: z.string().optional(),
  evidence: evidenceSchema.optional(),
  /** True if verify commands passed on the accepted commit; false if no command ran; absent before the verification. */
  verified: z.boolean().optional(),
  /** Summary of the committed paths that a person should review. */
  flags: flagSummarySchema.optional(),
  /** True if the last attempt changed nothing; a person has to accept this. */
  noChange: z.boolean().optional(),
  /** Files that the attempt created or changed and that its commit does not contain. */
  uncommitted: z.array(uncommittedSchema).optional(),
  usage: usageSchema,
  waiting: waitingSchema.optional(),
  question: questionSchema.optional(),
  parkedUntil: z.number().int().optional(),
});
/** Task of a run, for clients. */
export type TaskView = z.infer<typeof taskViewSchema>;
