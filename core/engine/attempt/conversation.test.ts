import { expect, test } from 'vitest';
import {
  FIXTURE_PLAN,
  taskStateFixture,
  workingTask,
} from '../../../test/support/engine-fixture.ts';
import { createMemoryTable } from '../../../test/support/memory-table.ts';
import type { AttemptResult, TranscriptEntry } from '../../contract/attempt.ts';
import type { Table } from '../../port/table.ts';
import { putAttempt, putResult, putTranscript } from '../../store/task-detail.ts';
import { type LiveAttempt, NO_USAGE } from '../../task/state.ts';
import { carryOver } from './conversation.ts';

const key = (n: number) => ({ plan: FIXTURE_PLAN, run: 1, task: 'one', n });

function entry(kind: TranscriptEntry['kind'], text: string): TranscriptEntry {
  return { at: 1, kind, text };
}

function say(table: Table, n: number, chunk: number, ...entries: TranscriptEntry[]) {
  return putTranscript(table, key(n), chunk, entries, 1);
}

function failed(cause: 'provider' | 'agent'): AttemptResult {
  return { outcome: 'failed', cause, reason: '', files: [], leftOut: [], usage: NO_USAGE };
}

function carried(table: Table, n: number, code = 'attempt_lost') {
  const { current } = workingTask(n);
  const state = { ...taskStateFixture(), reason: { code, text: '' } };
  return carryOver(table, state, current as LiveAttempt);
}

test('the end of what was said comes along, in order, and nothing of the rest', async () => {
  const table = createMemoryTable();
  for (let chunk = 1; chunk <= 250; chunk += 1)
    await say(table, 1, chunk, entry('tool', 'ls'), entry('agent', `step ${chunk}`));
  await say(table, 1, 251, entry('user', 'ada: use b'));

  const { conversation } = await carried(table, 2);

  expect(conversation).toHaveLength(251);
  expect(conversation.slice(-2)).toEqual([
    { role: 'agent', text: 'step 250' },
    { role: 'user', text: 'ada: use b' },
  ]);
});

test('attempts that were parked or said nothing are gone back over, to one that was judged', async () => {
  const table = createMemoryTable();
  await say(table, 1, 1, entry('agent', 'of another try'));
  await putResult(table, key(1), failed('agent'));
  await say(table, 2, 1, entry('agent', 'first'));
  await putResult(table, key(2), failed('provider'));
  await say(table, 4, 1, entry('agent', 'second'));

  const { conversation } = await carried(table, 5, 'parked');

  expect(conversation.map((said) => said.text)).toEqual(['first', 'second']);
});

test('it is bounded in bytes, and the newest is kept', async () => {
  const table = createMemoryTable();
  for (let chunk = 1; chunk <= 20; chunk += 1)
    await say(table, 1, chunk, entry('agent', `${'計'.repeat(3_000)} ${chunk}`));

  const { conversation } = await carried(table, 2);

  expect(Buffer.byteLength(conversation.map((said) => said.text).join(''))).toBeLessThan(60_001);
  expect(conversation.length).toBeGreaterThan(4);
  expect(conversation.at(-1)?.text).toMatch(/ 20$/);
});

test('messages in what comes along are not given again, others are', async () => {
  const table = createMemoryTable();
  const record = {
    startedAt: 1,
    heartbeatAt: 1,
    leaseUntil: 1,
    phase: 'agent' as const,
    activity: '',
    usage: NO_USAGE,
    progressAt: 1,
    messagesSeen: 3,
  };
  await putAttempt(table, key(1), record);

  expect((await carried(table, 2)).messagesSeen).toBe(0);
  await say(table, 1, 1, entry('user', 'ada: use b'));
  expect((await carried(table, 2)).messagesSeen).toBe(3);
});

test('after an attempt that was judged the work begins anew', async () => {
  const table = createMemoryTable();
  await say(table, 1, 1, entry('agent', 'done'));

  expect((await carried(table, 2, 'verify_red')).conversation).toEqual([]);
});
