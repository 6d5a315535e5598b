import { randomUUID } from 'node:crypto';
import type { EventBridgeEvent } from 'aws-lambda';
import { describeError } from '../../core/base/describe-error.ts';
import type { Log } from '../../core/port/runtime.ts';
import type { LambdaHandler } from '../lambda-handler.ts';
import { invokeLambda } from '../lambda-handler.ts';

/** Name, interval and time limit of a schedule. */
export type ScheduleDefinition = {
  readonly name: string;
  readonly everySeconds: number;
  readonly timeoutSeconds: number;
};

/** A schedule with its handler. */
export type Schedule = {
  readonly definition: ScheduleDefinition;
  readonly handler: LambdaHandler;
};

/** Invokes the handler of each schedule immediately and then at its interval. Skips a run while the previous run continues. */
export function startScheduler(options: {
  readonly schedules: readonly Schedule[];
  readonly log: Log;
}): { close(): Promise<void> } {
  const stops = options.schedules.map((schedule) => startSchedule(schedule, options.log));
  return {
    async close() {
      await Promise.all(stops.map((stop) => stop()));
    },
  };
}

/** Starts a schedule; returns a function that prevents further runs and waits for the current run. */
function startSchedule(schedule: Schedule, log: Log): () => Promise<void> {
  let running: Promise<void> | undefined;
  const runUnlessBusy = () => {
    if (running !== undefined) return;
    running = runSchedule(schedule, log).finally(() => {
      running = undefined;
    });
  };
  const timer = setInterval(runUnlessBusy, schedule.definition.everySeconds * 1_000);
  runUnlessBusy();
  return async () => {
    clearInterval(timer);
    await running;
  };
}

async function runSchedule({ definition, handler }: Schedule, log: Log): Promise<void> {
  const target = { name: definition.name, handler, timeoutMs: definition.timeoutSeconds * 1_000 };
  try {
    await invokeLambda(target, createScheduledEvent(definition.name));
  } catch (error) {
    log.error('the handler of a schedule failed', {
      schedule: definition.name,
      error: describeError(error),
    });
  }
}

function createScheduledEvent(
  name: string,
): EventBridgeEvent<'Scheduled Event', Record<string, never>> {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: '000000000000',
    time: new Date().toISOString(),
    region: 'us-east-1',
    resources: [`arn:aws:events:us-east-1:000000000000:rule/${name}`],
    detail: {},
  };
}
