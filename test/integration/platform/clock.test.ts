import { expect, onTestFinished, test } from 'vitest';
import type { ScheduleRow } from '../../../local/source/start-clock.ts';
import { startClock } from '../../../local/source/start-clock.ts';
import { createSilentLog } from '../../support/silent-log.ts';
import { waitUntil } from '../../support/wait-until.ts';

const scheduleRow: ScheduleRow = { name: 'resync', everySeconds: 0.02, timeoutSeconds: 5 };

function startTestClock(handler: (event: unknown) => unknown, change: Partial<ScheduleRow> = {}) {
  const log = createSilentLog();
  const clock = startClock({ schedules: [{ row: { ...scheduleRow, ...change }, handler }], log });
  onTestFinished(() => clock.close());
  return { clock, log };
}

test('a schedule runs at the start and then at its pace, with the event of a rule', async () => {
  const events: unknown[] = [];
  startTestClock((event) => {
    events.push(event);
  });

  await waitUntil('three runs', () => events.length >= 3);

  expect(events[0]).toMatchObject({
    source: 'aws.events',
    'detail-type': 'Scheduled Event',
    resources: [expect.stringMatching(/rule\/reconcile$/)],
  });
});

test('the first run does not wait for the pace', async () => {
  let runs = 0;
  const { clock } = startTestClock(
    () => {
      runs += 1;
    },
    { everySeconds: 3_600 },
  );

  await clock.close();

  expect(runs).toBe(1);
});

test('a run that is due while the last one goes on is left out', async () => {
  let running = 0;
  let most = 0;
  let runs = 0;
  startTestClock(async () => {
    runs += 1;
    running += 1;
    most = Math.max(most, running);
    const until = Date.now() + 60;
    await waitUntil('three ticks', () => Date.now() > until);
    running -= 1;
  });

  await waitUntil('three runs', () => runs === 3);

  expect(most).toBe(1);
});

test('a run that fails is logged, and the next one comes', async () => {
  let runs = 0;
  const { log } = startTestClock(() => {
    runs += 1;
    throw new Error('broken');
  });

  await waitUntil('two runs', () => runs === 2);

  expect(log.lines[0]).toMatchObject({ level: 'error', fields: { schedule: 'reconcile' } });
});

test('close waits for the run that goes on, and no further one comes', async () => {
  const gate = Promise.withResolvers<void>();
  let runs = 0;
  let isDone = false;
  const { clock } = startTestClock(async () => {
    runs += 1;
    await gate.promise;
    isDone = true;
  });
  await waitUntil('the run', () => runs === 1);

  const closing = clock.close();
  gate.resolve();
  await closing;

  expect([runs, isDone]).toEqual([1, true]);
});
