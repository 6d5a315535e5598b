import { Duration } from 'aws-cdk-lib';
import type { Stack } from 'sst/constructs';
import { Cron } from 'sst/constructs';
import { toFunctionId } from '../core/topology/handlers.ts';
import { SCHEDULES } from '../core/topology/schedules.ts';
import type { Alarms } from './alarms.ts';
import { ALARM_PERIOD } from './alarms.ts';
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
      description: `${name} failed in five consecutive minutes, so work is not resumed after a crash or a lost message. Read the log of the function ${toFunctionId(handler)}.`,
      metric: fn.metricErrors({ period: ALARM_PERIOD, statistic: 'Sum' }),
      minutes: 5,
    });
  }
}
