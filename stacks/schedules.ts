import { Duration } from 'aws-cdk-lib';
import type { Stack } from 'sst/constructs';
import { Cron } from 'sst/constructs';
import { SCHEDULES } from '../core/topology/schedules.ts';
import type { Alarms } from './alarms.ts';
import { MINUTE } from './alarms.ts';
import type { CreateFunction } from './functions.ts';

/** Declares the schedules. A failed run is not retried, because the next run starts sooner than a retry. */
export function addSchedules(stack: Stack, createFunction: CreateFunction, alarms: Alarms): void {
  for (const { name, handler, everySeconds, timeoutSeconds } of SCHEDULES) {
    const { fn } = createFunction(handler, { timeoutSeconds, retryAttempts: 0 });
    new Cron(stack, name, {
      schedule: `rate(${everySeconds / 60} ${everySeconds === 60 ? 'minute' : 'minutes'})`,
      job: {
        function: fn,
        cdk: { target: { retryAttempts: 0, maxEventAge: Duration.seconds(everySeconds) } },
      },
    });
    alarms.add(name, {
      description: `${name} failed in five consecutive minutes, so that work after a crash or a lost message is not resumed. Read the log of its function.`,
      metric: fn.metricErrors({ period: MINUTE, statistic: 'Sum' }),
      minutes: 5,
    });
  }
}
