import type { QueueMessageType } from '../contract/queue-message.ts';

// A lost message does no harm: every item that needs work has a due time, and the resync reconciles each due item. A message that
// failed `maxReceives` times moves to the dead-letter queue, which raises an alarm; recovery does not depend on dead letters.

/** Definition of a queue: its consumer and its delivery settings. */
export type QueueDefinition = {
  readonly name: string;
  readonly handler: string;
  readonly types: readonly QueueMessageType[];
  /** Maximum number of messages of one invocation. */
  readonly batchSize: number;
  /** Maximum number of concurrent invocations of the consumer; a laptop limits the number of concurrent messages instead. */
  readonly concurrency: number;
  readonly timeoutSeconds: number;
  /** Time after which an unacknowledged message is delivered again; longer than `timeoutSeconds`. */
  readonly visibilitySeconds: number;
  readonly maxReceives: number;
};

/** All queues. */
export const QUEUES: readonly QueueDefinition[] = [
  {
    name: 'plan',
    handler: 'functions/queue/plan.ts',
    types: ['plan', 'model_probe'],
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
    name: 'notify',
    handler: 'functions/queue/notify.ts',
    types: ['notify'],
    batchSize: 10,
    concurrency: 2,
    timeoutSeconds: 30,
    visibilitySeconds: 45,
    maxReceives: 10,
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

/** Returns the queue for messages of a type; throws for a type without a queue. */
export function requireQueueDefinition(type: QueueMessageType): QueueDefinition {
  const definition = QUEUES.find((queue) => queue.types.includes(type));
  if (definition === undefined)
    throw new Error(`no queue in core/topology/queues.ts lists the message type ${type}`);
  return definition;
}
