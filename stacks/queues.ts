import { Duration } from 'aws-cdk-lib';
import { Queue as CdkQueue } from 'aws-cdk-lib/aws-sqs';
import type { Stack } from 'sst/constructs';
import { Queue } from 'sst/constructs';
import type { QueueRow } from '../core/topology/queues.ts';
import { QUEUES } from '../core/topology/queues.ts';
import type { Alarms } from './alarms.ts';
import type { CreateFunction } from './functions.ts';

export type Queues = Readonly<Record<string, Queue>>;

/** Each with its dead letters, which are kept for two weeks and raise an alarm from the first one on. */
export function createQueues(stack: Stack, alarms: Alarms): Queues {
  return Object.fromEntries(QUEUES.map((row) => [row.name, createQueue(stack, row, alarms)]));
}

function createQueue(stack: Stack, row: QueueRow, alarms: Alarms): Queue {
  const dead = new CdkQueue(stack, `dead-${row.name}`, {
    queueName: `${stack.stackName}-${row.name}-dead`,
    retentionPeriod: Duration.days(14),
  });
  alarms.add(`dead-${row.name}`, {
    description: `The queue ${row.name} has dead letters: messages that failed ${row.maxReceives} times.`,
    metric: dead.metricApproximateNumberOfMessagesVisible({
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
        deadLetterQueue: { queue: dead, maxReceiveCount: row.maxReceives },
      },
    },
  });
}

/** A message that fails comes back alone: the rest of its batch is done with. */
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
