import { expect, test } from 'vitest';
import { createMemoryTable } from '../../test/support/store/memory-table.ts';
import { NO_USAGE } from '../task-state/task-state.ts';
import { loadAttempt, openAttempt, putAttempt } from './task-detail-store.ts';

const KEY = { plan: 'paaaaaaaaaa', run: 1, task: 'one', attemptNumber: 1 };

function createRecord(heartbeatAt: number) {
  return {
    startedAt: 1_000,
    heartbeatAt,
    leaseUntil: heartbeatAt + 60_000,
    phase: 'agent' as const,
    activity: `at ${heartbeatAt}`,
    usage: NO_USAGE,
    progressAt: heartbeatAt,
  };
}

test('a heartbeat that is written after a later heartbeat changes nothing', async () => {
  const table = createMemoryTable();
  await openAttempt(table, KEY, createRecord(1_000));
  const before = await loadAttempt(table, KEY);
  await putAttempt(table, KEY, before, createRecord(3_000));

  await putAttempt(table, KEY, before, createRecord(2_000));

  expect(await loadAttempt(table, KEY)).toMatchObject({ heartbeatAt: 3_000, activity: 'at 3000' });
});

test('a first heartbeat without a record begins the record, but never replaces a record', async () => {
  const table = createMemoryTable();
  await putAttempt(table, KEY, undefined, createRecord(2_000));

  await putAttempt(table, KEY, undefined, createRecord(5_000));

  expect(await loadAttempt(table, KEY)).toMatchObject({ heartbeatAt: 2_000 });
});
