import { Duration } from 'aws-cdk-lib';
import { Queue as CdkQueue } from 'aws-cdk-lib/aws-sqs';
import type { Stack } from 'sst/constructs';
import { Queue } from 'sst/constructs';
import { toFunctionId } from '../core/topology/handlers.ts';
import type { QueueDefinition } from '../core/topology/queues.ts';
import { QUEUES } from '../core/topology/queues.ts';
import type { Alarms } from './alarms.ts';
import { ALARM_PERIOD } from './alarms.ts';
import type { CreateFunction } from './functions.ts';

/** Queues by name. */
export type Queues = Readonly<Record<string, Queue>>;

/** Declares each queue with a dead-letter queue, which keeps messages for two weeks and raises an alarm at the first message. */
export function createQueues(stack: Stack, alarms: Alarms): Queues {
  return Object.fromEntries(
    QUEUES.map((definition) => [definition.name, createQueue(stack, definition, alarms)]),
  );
}

function createQueue(stack: Stack, definition: QueueDefinition, alarms: Alarms): Queue {
  const deadLetterQueue = new CdkQueue(stack, `dead-${definition.name}`, {
    queueName: `${stack.stackName}-${definition.name}-dead`,
    retentionPeriod: Duration.days(14),
  });
  alarms.add(`dead-${definition.name}`, {
    description: `The dead-letter queue of ${definition.name} has messages whose delivery failed ${definition.maxReceives} times. Read the log of the function ${toFunctionId(definition.handler)}.`,
    metric: deadLetterQueue.metricApproximateNumberOfMessagesVisible({
      period: ALARM_PERIOD,
      statistic: 'Maximum',
    }),
    minutes: 1,
  });
  return new Queue(stack, definition.name, {
    cdk: {
      queue: {
        queueName: `${stack.stackName}-${definition.name}`,
        visibilityTimeout: Duration.seconds(definition.visibilitySeconds),
        deadLetterQueue: { queue: deadLetterQueue, maxReceiveCount: definition.maxReceives },
      },
    },
  });
}

/**
 * Connects each queue to its function. The function reports which messages failed, so that SQS does not deliver the other
 * messages of a batch again.
 */
export function addConsumers(queues: Queues, createFunction: CreateFunction): void {
  for (const definition of QUEUES) {
    const consumer = createFunction(definition.handler, {
      timeoutSeconds: definition.timeoutSeconds,
    });
    queues[definition.name]?.addConsumer(consumer.stack, {
      function: consumer.fn,
      cdk: {
        eventSource: {
          batchSize: definition.batchSize,
          maxConcurrency: definition.concurrency,
          reportBatchItemFailures: true,
        },
      },
    });
  }
}
