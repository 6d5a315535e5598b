import { z } from 'zod';
import { bridgePhaseSchema, transcriptEntrySchema } from '../attempt.ts';
import { flagSchema } from '../flag.ts';
import { planIdSchema, shaSchema, taskIdSchema } from '../id.ts';
import { patchSchema } from '../patch.ts';
import { reasonSchema } from '../plan.ts';
import { taskViewSchema } from '../task.ts';
import { createText } from '../text.ts';
import type { Route } from './route.ts';
import { createListSchema, pageQueryFields } from './route.ts';

const planParams = z.object({ plan: planIdSchema });
const taskParams = z.object({ plan: planIdSchema, task: taskIdSchema });

/** Message from a person to the agent; `n` counts from 1, `at` in epoch milliseconds. */
const messageSchema = z.object({
  n: z.number().int(),
  author: z.string(),
  text: z.string(),
  at: z.number().int(),
});
/** Chunk `n` of the transcript of an attempt. */
const logChunkSchema = z.object({
  attempt: z.number().int(),
  n: z.number().int(),
  entries: z.array(transcriptEntrySchema),
});

/** Routes for the tasks of a plan's current run. */
export const TASK_ROUTES = {
  listTasks: {
    method: 'GET',
    path: '/v1/plans/{plan}/tasks',
    access: 'viewer',
    summary: 'List the tasks of the current run',
    params: planParams,
    query: z.object(pageQueryFields),
    status: 200,
    answer: createListSchema(taskViewSchema),
  },
  getTask: {
    method: 'GET',
    path: '/v1/plans/{plan}/tasks/{task}',
    access: 'viewer',
    summary: 'Get a task with its description',
    params: taskParams,
    status: 200,
    answer: taskViewSchema.extend({
      description: z.string(),
      criteria: z.array(z.string()),
      scope: z.array(z.string()),
      /** Step of the live attempt, as of its last heartbeat. */
      phase: z.enum(['starting', ...bridgePhaseSchema.options]).optional(),
      /** Current activity of the agent as one line, for example the tool and the file in use. */
      activity: z.string().optional(),
      /** Committed paths that a person should review, the worst first; at most 500. */
      flagged: z.array(flagSchema).optional(),
    }),
  },
  taskHistory: {
    method: 'GET',
    path: '/v1/plans/{plan}/tasks/{task}/history',
    access: 'viewer',
    summary: 'List the transitions of a task',
    params: taskParams,
    status: 200,
    answer: createListSchema(
      z.object({
        version: z.number().int(),
        at: z.number().int(),
        from: z.string(),
        to: z.string(),
        event: z.string(),
        actor: z.string(),
        reason: z.string().optional(),
      }),
    ),
  },
  taskLog: {
    method: 'GET',
    path: '/v1/plans/{plan}/tasks/{task}/log',
    access: 'viewer',
    summary: 'Get the transcript of an attempt; the newest by default',
    params: taskParams,
    query: z.object({
      attempt: z.coerce.number().int().min(1).optional(),
      after: z.coerce.number().int().min(0).default(0),
      limit: pageQueryFields.limit,
    }),
    status: 200,
    answer: createListSchema(logChunkSchema),
  },
  taskPatch: {
    method: 'GET',
    path: '/v1/plans/{plan}/tasks/{task}/patch',
    access: 'viewer',
    summary: 'Get the changes of the task as a patch',
    params: taskParams,
    status: 200,
    answer: patchSchema,
  },
  taskDiff: {
    method: 'GET',
    path: '/v1/plans/{plan}/tasks/{task}/diff',
    access: 'viewer',
    summary: 'List the files that the task changed',
    params: taskParams,
    status: 200,
    answer: z.object({
      files: z.array(
        z.object({
          path: z.string(),
          status: z.string(),
          additions: z.number(),
          deletions: z.number(),
        }),
      ),
      base: z.string(),
      head: z.string(),
    }),
  },
  sendMessage: {
    method: 'POST',
    path: '/v1/plans/{plan}/tasks/{task}/messages',
    access: 'operator',
    summary: 'Send a message to the agent; answers an open question of the agent',
    params: taskParams,
    body: z
      .object({ text: createText(16_000, 1), answers: z.string().max(64).optional() })
      .strict(),
    status: 201,
    answer: messageSchema,
    idempotent: true,
  },
  listMessages: {
    method: 'GET',
    path: '/v1/plans/{plan}/tasks/{task}/messages',
    access: 'viewer',
    summary: 'List the messages from people to the agent',
    params: taskParams,
    status: 200,
    answer: createListSchema(messageSchema),
  },
  finishTask: {
    method: 'POST',
    path: '/v1/plans/{plan}/tasks/{task}/finish',
    access: 'operator',
    summary:
      'End an interactive session; the platform then verifies the work and opens the pull request',
    params: taskParams,
    status: 202,
    answer: taskViewSchema,
  },
  retryTask: {
    method: 'POST',
    path: '/v1/plans/{plan}/tasks/{task}/retry',
    access: 'operator',
    summary: 'Try a blocked, failed or cancelled task again',
    params: taskParams,
    status: 202,
    answer: taskViewSchema,
  },
  unblockTask: {
    method: 'POST',
    path: '/v1/plans/{plan}/tasks/{task}/unblock',
    access: 'operator',
    summary: 'Continue a blocked task from its accepted commit, after its blocker was resolved',
    params: taskParams,
    status: 202,
    answer: taskViewSchema,
  },
  cancelTask: {
    method: 'POST',
    path: '/v1/plans/{plan}/tasks/{task}/cancel',
    access: 'operator',
    summary: 'Cancel a task',
    params: taskParams,
    body: reasonSchema,
    status: 202,
    answer: taskViewSchema,
  },
  approveTask: {
    method: 'POST',
    path: '/v1/plans/{plan}/tasks/{task}/approve',
    access: 'operator',
    summary: 'Approve the pull request of a task (policy "review"), optionally only for one commit',
    params: taskParams,
    body: z.object({ commit: shaSchema.optional() }).strict(),
    status: 202,
    answer: taskViewSchema,
  },
  requestChanges: {
    method: 'POST',
    path: '/v1/plans/{plan}/tasks/{task}/request-changes',
    access: 'operator',
    summary: 'Request changes to the pull request of a task, with a reason',
    params: taskParams,
    body: z.object({ reason: createText(8_000, 1) }).strict(),
    status: 202,
    answer: taskViewSchema,
  },
} as const satisfies Record<string, Route>;
