import { z } from 'zod';
import { uncommittedSchema } from './flag.ts';
import { taskIdSchema } from './id.ts';

// Reasons why a plan or a task waits, as data. Each client renders a sentence, a command or a button.

/** Actions that a client can offer. Every action is a route of the API, except `merge`, which a person does at the forge. */
export const waitingActionSchema = z.enum([
  'approve',
  'reject',
  'answer',
  'request_changes',
  'retry',
  'cancel',
  'restart',
  'raise_budget',
  'merge',
  'retarget',
  'recover',
  'continue',
  'verify_again',
  'message',
  'finish',
]);
/** Action that a client can offer. */
export type WaitingAction = z.infer<typeof waitingActionSchema>;

/** Fields of every waiting item. */
const COMMON = {
  plan: z.string(),
  /** Single line of at most 200 characters, for example the question or the reason for a failure. */
  reason: z.string().max(200).optional(),
  /** Offered actions, starting with the recommended action. */
  actions: z.array(waitingActionSchema).min(1),
};

/** Pull request of a task; absent until the forge has reported the pull request. */
const taskPullSchema = z.object({ repo: z.string(), number: z.number().int(), url: z.string() });

export const pullProblemSchema = z.discriminatedUnion('kind', [
  /** The branch conflicts with the base branch; `files` were changed on both sides, at most 20. */
  z.object({ kind: z.literal('conflict'), files: z.array(z.string()).max(20) }),
  /** The base branch was deleted, or renamed in a way that the forge cannot follow. */
  z.object({ kind: z.literal('base_missing'), base: z.string() }),
]);
/** Reason why a person cannot merge a root pull request. */
export type PullProblem = z.infer<typeof pullProblemSchema>;

export const waitingSchema = z.discriminatedUnion('kind', [
  /** A person has to approve or reject a revision of the graph. */
  z.object({ ...COMMON, kind: z.literal('approval'), revision: z.number().int() }),
  /** An agent asked a question; `reason` is the beginning of the question. */
  z.object({
    ...COMMON,
    kind: z.literal('answer'),
    task: taskIdSchema,
    /** Id of the question, for the answer. */
    question: z.string(),
    /** Time at which the default answer applies, epoch milliseconds. */
    until: z.number().int(),
  }),
  /** The agent of an interactive plan has ended its turn and waits for the next message, or for the end of the conversation. */
  z.object({ ...COMMON, kind: z.literal('conversation'), task: taskIdSchema }),
  /** A person has to review the pull request of a task. */
  z.object({
    ...COMMON,
    kind: z.literal('review'),
    task: taskIdSchema,
    pull: taskPullSchema.optional(),
  }),
  /** The attempt changed nothing: a person has to accept the task without changes, or send the task back. */
  z.object({
    ...COMMON,
    kind: z.literal('no_change'),
    task: taskIdSchema,
    /** Files that the attempt left outside its commit, the largest groups first. */
    uncommitted: z.array(uncommittedSchema).max(5),
  }),
  /** Checks of a pull request have been pending for too long. */
  z.object({
    ...COMMON,
    kind: z.literal('checks'),
    task: taskIdSchema,
    /** Names of the pending checks. */
    checks: z.array(z.string()),
    pull: taskPullSchema.optional(),
  }),
  /** A task failed or was cancelled, so that the plan cannot complete; without `task`, the plan itself failed or was cancelled. */
  z.object({
    ...COMMON,
    kind: z.literal('retry'),
    task: taskIdSchema.optional(),
    outcome: z.enum(['failed', 'cancelled']),
  }),
  /** A task is blocked until a person removes the cause. */
  z.object({
    ...COMMON,
    kind: z.literal('unblock'),
    task: taskIdSchema,
    /** snake_case code of the cause. */
    code: z.string().optional(),
  }),
  /** A person has to review and merge the root pull request of a repository. */
  z.object({
    ...COMMON,
    kind: z.literal('merge'),
    repo: z.string(),
    /** A `local` repository is on the machine of the platform, where a person can also merge with git. */
    forge: z.enum(['local', 'github']),
    /** Folder of a local repository. */
    path: z.string().optional(),
    branch: z.string(),
    base: z.string(),
    number: z.number().int().optional(),
    url: z.string().optional(),
    problem: pullProblemSchema.optional(),
  }),
  /** The budget is used up, or the rest is too small for a request to the model: no new attempt starts. */
  z.object({
    ...COMMON,
    kind: z.literal('budget'),
    usedTokens: z.number().int(),
    usedUsd: z.number(),
    /** Present if the plan has this limit. */
    maxTokens: z.number().int().optional(),
    maxUsd: z.number().optional(),
  }),
  /** The verification of a base commit fails before any task has changed a file; no task starts until a person decides. */
  z.object({
    ...COMMON,
    kind: z.literal('base_red'),
    repo: z.string(),
    commit: z.string(),
    /** Id of the check, whose task `base` has the logs. */
    check: z.string(),
  }),
  /** The verification of a base commit has not ended; tasks start once it is green. */
  z.object({
    ...COMMON,
    kind: z.literal('base_checking'),
    repo: z.string(),
    commit: z.string(),
    check: z.string(),
  }),
  /** The model refuses requests. The plan continues at `until` by itself, or earlier if a person requests a retry. */
  z.object({
    ...COMMON,
    kind: z.literal('model'),
    /** Epoch milliseconds. */
    until: z.number().int(),
  }),
]);
/** Waiting item: reason why a plan or a task waits. */
export type Waiting = z.infer<typeof waitingSchema>;
