import { Duration } from 'aws-cdk-lib';
import { Queue as CdkQueue } from 'aws-cdk-lib/aws-sqs';
import type { Stack } from 'sst/constructs';
import { Queue } from 'sst/constructs';
import type { QueueDefinition } from '../core/topology/queues.ts';
import { QUEUES } from '../core/topology/queues.ts';
import type { Alarms } from './alarms.ts';
import type { CreateFunction } from './functions.ts';

/** Queues by name. */
export type Queues = Readonly<Record<string, Queue>>;

/** Declares each queue with a dead-letter queue, which keeps messages for two weeks and raises an alarm at the first message. */
export function createQueues(stack: Stack, alarms: Alarms): Queues {
  return Object.fromEntries(QUEUES.map((row) => [row.name, createQueue(stack, row, alarms)]));
}

function createQueue(stack: Stack, row: QueueDefinition, alarms: Alarms): Queue {
  const deadLetterQueue = new CdkQueue(stack, `dead-${row.name}`, {
    queueName: `${stack.stackName}-${row.name}-dead`,
    retentionPeriod: Duration.days(14),
  });
  alarms.add(`dead-${row.name}`, {
    description: `The dead-letter queue of ${row.name} has messages, whose delivery failed ${row.maxReceives} times. Read the log of its function.`,
    metric: deadLetterQueue.metricApproximateNumberOfMessagesVisible({
      period: Duration.minutes(1),
      statistic: 'Maximum',
    }),
    minutes: 1,
  });
  return new Queue(stack, row.name, {
    cdk: {
      queue: {
        queueName: `${stack.stackName}-${row.name}`,
        visibilityTimeout: Duration.seconds(row.visibilitySeconds),
        deadLetterQueue: { queue: deadLetterQueue, maxReceiveCount: row.maxReceives },
      },
    },
  });
}

/** Connects each queue to its function. The function reports single failed messages, so that the rest of a batch is not repeated. */
export function addConsumers(queues: Queues, create: CreateFunction): void {
  for (const row of QUEUES) {
    const consumer = create(row.handler, { timeoutSeconds: row.timeoutSeconds });
    queues[row.name]?.addConsumer(consumer.stack, {
      function: consumer.fn,
      cdk: {
        eventSource: {
          batchSize: row.batchSize,
          maxConcurrency: row.concurrency,
          reportBatchItemFailures: true,
        },
      },
    });
  }
}
