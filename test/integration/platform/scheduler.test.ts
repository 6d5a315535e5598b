import { expect, onTestFinished, test } from 'vitest';
import type { ScheduleDefinition } from '../../../local/source/start-scheduler.ts';
import { startScheduler } from '../../../local/source/start-scheduler.ts';
import { createSilentLog } from '../../support/silent-log.ts';
import { waitUntil } from '../../support/wait-until.ts';

const scheduleDefinition: ScheduleDefinition = {
  name: 'resync',
  everySeconds: 0.02,
  timeoutSeconds: 5,
};

function startTestScheduler(
  handler: (event: unknown) => unknown,
  change: Partial<ScheduleDefinition> = {},
) {
  const log = createSilentLog();
  const scheduler = startScheduler({
    schedules: [{ definition: { ...scheduleDefinition, ...change }, handler }],
    log,
  });
  onTestFinished(() => scheduler.close());
  return { scheduler, log };
}

test('a schedule runs at the start and then at its interval, with the event of an EventBridge rule', async () => {
  const events: unknown[] = [];
  startTestScheduler((event) => {
    events.push(event);
  });

  await waitUntil('three runs', () => events.length >= 3);

  expect(events[0]).toMatchObject({
    source: 'aws.events',
    'detail-type': 'Scheduled Event',
    resources: [expect.stringMatching(/rule\/resync$/)],
  });
});

test('the first run of a schedule does not wait for its interval', async () => {
  let runs = 0;
  const { scheduler } = startTestScheduler(
    () => {
      runs += 1;
    },
    { everySeconds: 3_600 },
  );

  await scheduler.close();

  expect(runs).toBe(1);
});

test('a run is skipped while the previous run continues', async () => {
  let running = 0;
  let maxRunning = 0;
  let runs = 0;
  startTestScheduler(async () => {
    runs += 1;
    running += 1;
    maxRunning = Math.max(maxRunning, running);
    const endsAt = Date.now() + 60;
    await waitUntil('three intervals have passed', () => Date.now() > endsAt);
    running -= 1;
  });

  await waitUntil('three runs', () => runs === 3);

  expect(maxRunning).toBe(1);
});

test('a failed run is logged, and the schedule continues', async () => {
  let runs = 0;
  const { log } = startTestScheduler(() => {
    runs += 1;
    throw new Error('broken');
  });

  await waitUntil('two runs', () => runs === 2);

  expect(log.lines[0]).toMatchObject({ level: 'error', fields: { schedule: 'resync' } });
});

test('close waits for the current run and starts no further run', async () => {
  const gate = Promise.withResolvers<void>();
  let runs = 0;
  let isDone = false;
  const { scheduler } = startTestScheduler(async () => {
    runs += 1;
    await gate.promise;
    isDone = true;
  });
  await waitUntil('the run', () => runs === 1);

  const closePromise = scheduler.close();
  gate.resolve();
  await closePromise;

  expect([runs, isDone]).toEqual([1, true]);
});
