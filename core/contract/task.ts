import { z } from 'zod';
import { repoPathSchema, shaSchema, taskIdSchema } from './id.ts';
import { TASK_STATUSES } from './task-status.ts';
import { waitingSchema } from './waiting.ts';

export const taskStatusSchema = z.enum(TASK_STATUSES);

export const tierSchema = z.enum(['auto', 'light', 'heavy']);
export type Tier = z.infer<typeof tierSchema>;

/** Attempt kinds: `work` does the task, `repair` mends its PR, `verify` makes new evidence without an agent. */
export const attemptKindSchema = z.enum(['work', 'repair', 'verify']);
export type AttemptKind = z.infer<typeof attemptKindSchema>;

/** An attempt ends at the first of these. Absent: the plan's, then the platform's default. */
export const limitsSchema = z
  .object({
    maxMinutes: z.number().positive().max(1440),
    idleMinutes: z.number().positive().max(240),
    maxTokens: z.number().int().positive(),
    maxUsd: z.number().positive(),
    maxTurns: z.number().int().positive().max(1000),
  })
  .partial()
  .strict();
export type Limits = z.infer<typeof limitsSchema>;

export const taskSpecSchema = z
  .object({
    id: taskIdSchema,
    /** Short, for lists and PR titles. Empty: taken from the description. */
    title: z.string().max(120).default(''),
    description: z.string().min(1).max(100_000),
    dependsOn: z.array(taskIdSchema).max(10_000).default([]),
    /** Paths, directories (ending in /) or globs that the task may change. */
    scope: z.array(repoPathSchema).max(200).default([]),
    criteria: z.array(z.string().min(1).max(2_000)).max(50).default([]),
    tier: tierSchema.default('auto'),
    /** Name of the repository in the plan; empty: the plan's first. */
    repo: z.string().max(200).default(''),
    /** Estimated minutes of work; the weight of the critical path. */
    estimate: z.number().positive().max(1440).default(10),
    limits: limitsSchema.default({}),
    /** The agent stays after its first answer and waits for messages. */
    interactive: z.boolean().default(false),
  })
  .strict();
export type TaskSpec = z.infer<typeof taskSpecSchema>;

/** Why an edge exists: a person or the planner said so, or two scopes meet. */
export const edgeReasonSchema = z.enum(['declared', 'overlap', 'relinked']);
export const edgeSchema = z.object({
  from: taskIdSchema,
  to: taskIdSchema,
  reason: edgeReasonSchema,
  /** For `overlap`: the paths that meet. */
  note: z.string().optional(),
});
export type Edge = z.infer<typeof edgeSchema>;

export const commandResultSchema = z.object({
  /** As it was run, an argument array. */
  command: z.array(z.string()),
  exitCode: z.number().int().nullable(),
  durationMs: z.number().int().nonnegative(),
  /** The end of its output, secrets removed, at most 8 KB. */
  output: z.string().max(8_192),
});
export type CommandResult = z.infer<typeof commandResultSchema>;

/** Verify was run on exactly `commit`, which contains `root`: green or red. */
export const evidenceSchema = z.object({
  commit: shaSchema,
  /** The root (or base) commit that was merged in. */
  root: shaSchema,
  green: z.boolean(),
  /** No verify command is known: nothing was run. */
  empty: z.boolean().default(false),
  results: z.array(commandResultSchema).max(50),
  at: z.number().int(),
});
export type Evidence = z.infer<typeof evidenceSchema>;

export const usageSchema = z.object({
  inputTokens: z.number().int().nonnegative(),
  outputTokens: z.number().int().nonnegative(),
  /** null: the price of the model is unknown. */
  usd: z.number().nonnegative().nullable(),
  turns: z.number().int().nonnegative(),
});
export type Usage = z.infer<typeof usageSchema>;

export const questionSchema = z.object({
  id: z.string().max(64),
  text: z.string().max(8_000),
  options: z.array(z.string().max(400)).max(20).default([]),
  /** What is taken when nobody answers by `timeoutAt`. */
  default: z.string().max(8_000),
  timeoutAt: z.number().int(),
});
export type Question = z.infer<typeof questionSchema>;

/** A task of a run as clients see it. */
export const taskViewSchema = z.object({
  plan: z.string(),
  run: z.number().int(),
  id: taskIdSchema,
  ordinal: z.number().int(),
  kind: z.enum(['work', 'join', 'end']),
  title: z.string(),
  repo: z.string(),
  status: taskStatusSchema,
  version: z.number().int(),
  changedAt: z.number().int(),
  reason: z.string().optional(),
  dependsOn: z.array(z.string()),
  waitsOn: z.array(z.string()).optional(),
  wave: z.number().int(),
  attempt: z.number().int(),
  attemptKind: attemptKindSchema.optional(),
  /** The live attempt, when there is one. */
  attemptId: z.string().optional(),
  startedAt: z.number().int().optional(),
  finishedAt: z.number().int().optional(),
  pullRequest: z.object({ number: z.number().int(), url: z.string() }).optional(),
  mergeSha: z.string().optional(),
  evidence: evidenceSchema.optional(),
  usage: usageSchema,
  waiting: waitingSchema.optional(),
  question: questionSchema.optional(),
  parkedUntil: z.number().int().optional(),
});
export type TaskView = z.infer<typeof taskViewSchema>;
