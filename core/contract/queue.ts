import { z } from 'zod';

// Messages between handlers. Each is a hint with a version; what it points at is read from the store.

const runFields = { v: z.literal(1), plan: z.string(), run: z.number().int() };
/**
 * Of a hint that was sent for later: when its item was due then. One that is due at another time was looked at since, and has
 * a hint of its own: otherwise each nudge would begin another chain of them, and none would end.
 */
const delayFields = { dueAt: z.number().int().optional() };

export const queueMessageSchema = z.discriminatedUnion('type', [
  /** Explore, assess, decompose; long, asks a model. */
  z.object({ type: z.literal('plan'), v: z.literal(1), plan: z.string() }),
  /** Do what the plan's state owes: put items, open and ready root PRs, clean up. */
  z.object({ type: z.literal('drive_plan'), v: z.literal(1), plan: z.string() }),
  /** Do what the task's state owes. */
  z.object({ type: z.literal('drive_task'), ...runFields, task: z.string(), ...delayFields }),
  /** Take a step of a merge lane. */
  z.object({ type: z.literal('lane'), ...runFields, repo: z.string(), ...delayFields }),
  /** Hand free slots to ready tasks; `tasks` are read at once, the index is joined to them. */
  z.object({
    type: z.literal('schedule'),
    v: z.literal(1),
    tasks: z.array(z.object({ plan: z.string(), run: z.number().int(), task: z.string() })),
  }),
  /** A webhook said that a pull request changed, or a check did. */
  z.object({
    type: z.literal('forge_changed'),
    v: z.literal(1),
    repo: z.string(),
    pull: z.number().int().optional(),
    branch: z.string().optional(),
    delivery: z.string(),
  }),
  /** A launcher saw a pod end; whether its attempt still lives is read from the store. */
  z.object({ type: z.literal('pod_ended'), v: z.literal(1), attempt: z.string() }),
  /** Tell connected clients that something of the plan changed. */
  z.object({ type: z.literal('push'), v: z.literal(1), plan: z.string() }),
]);
export type QueueMessage = z.infer<typeof queueMessageSchema>;
export type QueueMessageType = QueueMessage['type'];
