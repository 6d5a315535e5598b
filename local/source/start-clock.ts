import { randomUUID } from 'node:crypto';
import type { EventBridgeEvent } from 'aws-lambda';
import type { Log } from '../../core/port/runtime.ts';
import type { LambdaHandler } from '../lambda-handler.ts';
import { invokeLambda } from '../lambda-handler.ts';

export type ScheduleRow = {
  readonly name: string;
  readonly everySeconds: number;
  readonly timeoutSeconds: number;
};

export type Schedule = { readonly row: ScheduleRow; readonly handler: LambdaHandler };

/** Runs each schedule now and then at its pace; a run that is due while the last one goes on is left out. */
export function startClock(options: {
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

/** Answers how to stop it: no further run, and the one going on is waited for. */
function startSchedule(schedule: Schedule, log: Log): () => Promise<void> {
  let running: Promise<void> | undefined;
  const tick = () => {
    if (running !== undefined) return;
    running = runSchedule(schedule, log).finally(() => {
      running = undefined;
    });
  };
  const timer = setInterval(tick, schedule.row.everySeconds * 1_000);
  tick();
  return async () => {
    clearInterval(timer);
    await running;
  };
}

async function runSchedule({ row, handler }: Schedule, log: Log): Promise<void> {
  const target = { name: row.name, handler, timeoutMs: row.timeoutSeconds * 1_000 };
  try {
    await invokeLambda(target, createScheduledEvent(row.name));
  } catch (error) {
    log.error('schedule failed', { schedule: row.name, error: String(error) });
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
