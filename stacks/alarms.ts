import { Duration } from 'aws-cdk-lib';
import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { Alarm, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { Stack } from 'sst/constructs';

/** Declares the alarms of a stack. */
export type Alarms = {
  /** Adds an alarm that fires after `minutes` consecutive minutes with a metric of at least 1. */
  add(
    id: string,
    options: { readonly description: string; readonly metric: IMetric; readonly minutes: number },
  ): void;
};

/**
 * Creates an object that declares the alarms of a stack.
 *
 * @param topicArn SNS topic that receives alarms; if undefined, alarms are visible only in CloudWatch
 */
export function createAlarms(stack: Stack, topicArn: string | undefined): Alarms {
  const topic = topicArn === undefined ? undefined : Topic.fromTopicArn(stack, 'alarms', topicArn);
  return {
    add(id, { description, metric, minutes }) {
      const alarm = new Alarm(stack, `alarm-${id}`, {
        alarmDescription: description,
        metric,
        threshold: 1,
        evaluationPeriods: minutes,
        comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treatMissingData: TreatMissingData.NOT_BREACHING,
      });
      if (topic !== undefined) alarm.addAlarmAction(new SnsAction(topic));
    },
  };
}

/** Time over which a metric is summed before an alarm compares its value. */
export const ALARM_PERIOD = Duration.minutes(1);
