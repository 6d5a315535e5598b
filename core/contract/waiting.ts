import { z } from 'zod';
import { taskIdSchema } from './id.ts';

// What a plan or a task waits for, as data. Each client renders a sentence, a command or a button from it.

/** Actions that a client can offer. Except for `merge`, which happens at the forge, each is a route of the API. */
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
  'recover',
]);
export type WaitingAction = z.infer<typeof waitingActionSchema>;

/** Members of every kind. */
const COMMON = {
  plan: z.string(),
  /** Text of the domain in one line, at most 200 characters: a question, or why the work stopped. */
  reason: z.string().max(200).optional(),
  /** Offered actions, the recommended one first. */
  actions: z.array(waitingActionSchema).min(1),
};

/** Pull request of a task; absent while the forge has not reported it. */
const taskPullSchema = z.object({ repo: z.string(), number: z.number().int(), url: z.string() });

export const waitingSchema = z.discriminatedUnion('kind', [
  /** A person has to approve or reject a revision of the graph. */
  z.object({ ...COMMON, kind: z.literal('approval'), revision: z.number().int() }),
  /** An agent asked a question; `reason` is its beginning. */
  z.object({
    ...COMMON,
    kind: z.literal('answer'),
    task: taskIdSchema,
    /** Id of the question, for the answer. */
    question: z.string(),
    /** Epoch milliseconds at which the default answer is taken. */
    until: z.number().int(),
  }),
  /** A person has to review the pull request of a task. */
  z.object({
    ...COMMON,
    kind: z.literal('review'),
    task: taskIdSchema,
    pull: taskPullSchema.optional(),
  }),
  /** Checks of a pull request have been pending for long. */
  z.object({
    ...COMMON,
    kind: z.literal('checks'),
    task: taskIdSchema,
    /** Names of the pending checks. */
    checks: z.array(z.string()),
    pull: taskPullSchema.optional(),
  }),
  /** A task or, without `task`, the plan failed or was cancelled, and the plan cannot complete without it. */
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
    /** `local` is a repository on the platform's own machine, which a person may also merge with git. */
    forge: z.enum(['local', 'github']),
    branch: z.string(),
    base: z.string(),
    number: z.number().int().optional(),
    url: z.string().optional(),
  }),
  /** The budget is used up: running attempts may end, no new attempt starts. */
  z.object({
    ...COMMON,
    kind: z.literal('budget'),
    usedTokens: z.number().int(),
    usedUsd: z.number(),
    /** Present if the plan has this limit. */
    maxTokens: z.number().int().optional(),
    maxUsd: z.number().optional(),
  }),
  /** The model refuses requests for a while. The plan continues by itself at `until`; a person may ask again earlier. */
  z.object({
    ...COMMON,
    kind: z.literal('model'),
    /** Epoch milliseconds. */
    until: z.number().int(),
  }),
]);
export type Waiting = z.infer<typeof waitingSchema>;
