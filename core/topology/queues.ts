import type { QueueMessageType } from '../contract/queue.ts';

// A queue is a list of hints: whatever is lost here is found again by time. After `maxReceives` a message goes to the
// queue's dead letters, which raise an alarm and are no part of recovery.

export type QueueRow = {
  readonly name: string;
  readonly handler: string;
  readonly types: readonly QueueMessageType[];
  readonly batchSize: number;
  /** Messages handled at once, over all batches. */
  readonly concurrency: number;
  readonly timeoutSeconds: number;
  readonly visibilitySeconds: number;
  readonly maxReceives: number;
};

export const QUEUES: readonly QueueRow[] = [
  {
    name: 'plan',
    handler: 'functions/queue/plan.ts',
    types: ['plan'],
    batchSize: 1,
    concurrency: 4,
    timeoutSeconds: 840,
    visibilitySeconds: 900,
    maxReceives: 5,
  },
  {
    name: 'reconcile',
    handler: 'functions/queue/reconcile.ts',
    types: ['reconcile_plan', 'reconcile_task', 'merge_queue', 'forge_changed', 'pod_ended'],
    batchSize: 10,
    concurrency: 16,
    timeoutSeconds: 60,
    visibilitySeconds: 90,
    maxReceives: 5,
  },
  {
    name: 'schedule',
    handler: 'functions/queue/schedule.ts',
    types: ['schedule'],
    batchSize: 10,
    concurrency: 2,
    timeoutSeconds: 60,
    visibilitySeconds: 90,
    maxReceives: 5,
  },
  {
    name: 'push',
    handler: 'functions/queue/push.ts',
    types: ['push'],
    batchSize: 10,
    concurrency: 2,
    timeoutSeconds: 30,
    visibilitySeconds: 45,
    maxReceives: 2,
  },
];

export function requireQueueRow(type: QueueMessageType): QueueRow {
  const row = QUEUES.find((queue) => queue.types.includes(type));
  if (row === undefined) throw new Error(`no queue takes ${type}`);
  return row;
}
