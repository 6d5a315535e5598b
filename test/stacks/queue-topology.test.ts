import { describe, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { toFunctionId } from '../../core/topology/handlers.ts';
import { QUEUES } from '../../core/topology/queues.ts';
import { SCHEDULES } from '../../core/topology/schedules.ts';
import {
  findReferencedFunction,
  findReferences,
  findResourcesOfType,
  readTemplate,
  requireSingle,
} from '../support/cloud/cloud-template.ts';
import { findQueueName, formatQueueName, sortRows } from '../support/cloud/template-rows.ts';

// Compares queues, schedules and alarms of the templates with core/topology.

const cloud = inject('cloud');
const EMPTY_TEMPLATE = { text: '', resources: [] };
const redriveSchema = z.object({
  deadLetterTargetArn: z.unknown(),
  maxReceiveCount: z.number(),
});

describe.skipIf(cloud === null)('the templates', () => {
  const platform = cloud === null ? EMPTY_TEMPLATE : readTemplate(cloud.templates, 'platform');

  test('declare exactly the queues of the topology, each with its visibility timeout and dead-letter queue', () => {
    const queues = findResourcesOfType(platform, 'AWS::SQS::Queue');
    const deadLetterQueues = queues.filter(
      ({ Properties }) => Properties.RedrivePolicy === undefined,
    );
    const liveQueues = queues.filter((queue) => !deadLetterQueues.includes(queue));

    const rows = liveQueues.map(({ Properties }) => {
      const redrive = redriveSchema.parse(Properties.RedrivePolicy);
      return {
        name: Properties.QueueName,
        visibility: Properties.VisibilityTimeout,
        maxReceives: redrive.maxReceiveCount,
        deadLetterQueue: findQueueName(
          deadLetterQueues,
          requireSingle(findReferences(redrive.deadLetterTargetArn)),
        ),
      };
    });
    expect(sortRows(rows)).toEqual(
      sortRows(
        QUEUES.map(({ name, visibilitySeconds, maxReceives }) => ({
          name: formatQueueName(name),
          visibility: visibilitySeconds,
          maxReceives,
          deadLetterQueue: `${formatQueueName(name)}-dead`,
        })),
      ),
    );
    expect(deadLetterQueues).toHaveLength(QUEUES.length);
    for (const { Properties } of deadLetterQueues)
      expect(Properties.MessageRetentionPeriod).toBe(14 * 24 * 3_600);
  });

  test('connect each queue to its function, which reports failed messages one by one', () => {
    const mappings = findResourcesOfType(platform, 'AWS::Lambda::EventSourceMapping').map(
      ({ Properties }) => ({
        queue: findQueueName(
          findResourcesOfType(platform, 'AWS::SQS::Queue'),
          requireSingle(findReferences(Properties.EventSourceArn)),
        ),
        function: findReferencedFunction(platform, Properties.FunctionName),
        batch: Properties.BatchSize,
        concurrency: Properties.ScalingConfig,
        responseTypes: Properties.FunctionResponseTypes,
        window: Properties.MaximumBatchingWindowInSeconds,
      }),
    );

    expect(sortRows(mappings)).toEqual(
      sortRows(
        QUEUES.map(({ name, handler, batchSize, concurrency }) => ({
          queue: formatQueueName(name),
          function: toFunctionId(handler),
          batch: batchSize,
          concurrency: { MaximumConcurrency: concurrency },
          responseTypes: ['ReportBatchItemFailures'],
          window: undefined,
        })),
      ),
    );
    // AWS requires these bounds.
    for (const row of QUEUES) {
      expect(row.visibilitySeconds).toBeGreaterThanOrEqual(row.timeoutSeconds);
      expect(row.concurrency).toBeGreaterThanOrEqual(2);
      expect(row.timeoutSeconds).toBeLessThanOrEqual(900);
    }
  });

  test('raise an alarm for each dead letter', () => {
    const alarms = findResourcesOfType(platform, 'AWS::CloudWatch::Alarm').filter(
      ({ Properties }) => Properties.MetricName === 'ApproximateNumberOfMessagesVisible',
    );

    const names = alarms.map(({ Properties }) =>
      findQueueName(
        findResourcesOfType(platform, 'AWS::SQS::Queue'),
        requireSingle(findReferences(Properties.Dimensions)),
      ),
    );
    expect(names.toSorted()).toEqual(
      QUEUES.map(({ name }) => `${formatQueueName(name)}-dead`).toSorted(),
    );
    for (const { Properties } of findResourcesOfType(platform, 'AWS::CloudWatch::Alarm'))
      expect(Properties).toMatchObject({
        Threshold: 1,
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
        AlarmActions: ['arn:aws:sns:us-east-1:000000000000:alarms'],
      });
  });

  test('raise an alarm when the function of a schedule fails for five minutes in a row', () => {
    const alarms = findResourcesOfType(platform, 'AWS::CloudWatch::Alarm').filter(
      ({ Properties }) => Properties.MetricName === 'Errors',
    );

    const rows = alarms.map(({ Properties }) => ({
      function: findReferencedFunction(platform, Properties.Dimensions),
      namespace: Properties.Namespace,
      statistic: Properties.Statistic,
      seconds: Properties.Period,
      times: Properties.EvaluationPeriods,
    }));
    expect(sortRows(rows)).toEqual(
      sortRows(
        SCHEDULES.map(({ handler }) => ({
          function: toFunctionId(handler),
          namespace: 'AWS/Lambda',
          statistic: 'Sum',
          seconds: 60,
          times: 5,
        })),
      ),
    );
  });

  test('start the function of each schedule without retries', () => {
    const rules = findResourcesOfType(platform, 'AWS::Events::Rule').map(({ Properties }) => {
      const target = requireSingle(
        z.array(z.looseObject({ Arn: z.unknown() })).parse(Properties.Targets),
      );
      return {
        schedule: Properties.ScheduleExpression,
        state: Properties.State,
        function: findReferencedFunction(platform, target.Arn),
        retry: target.RetryPolicy,
      };
    });

    expect(rules).toEqual(
      SCHEDULES.map(({ handler, everySeconds }) => ({
        schedule: everySeconds === 60 ? 'rate(1 minute)' : `rate(${everySeconds / 60} minutes)`,
        state: 'ENABLED',
        function: toFunctionId(handler),
        retry: { MaximumEventAgeInSeconds: everySeconds, MaximumRetryAttempts: 0 },
      })),
    );
    const asynchronous = requireSingle(
      findResourcesOfType(platform, 'AWS::Lambda::EventInvokeConfig'),
    );
    expect(asynchronous.Properties.MaximumRetryAttempts).toBe(0);
  });
});
