import { expect, test } from 'vitest';
import {
  createTaskStateFixture,
  createWorkingTask,
  FIXTURE_PLAN,
} from '../../../test/support/engine/engine-fixture.ts';
import { createMemoryTable } from '../../../test/support/store/memory-table.ts';
import type { AttemptResult, TranscriptEntry } from '../../contract/attempt.ts';
import type { Table } from '../../port/table.ts';
import { openAttempt, putResult, putTranscriptChunk } from '../../store/task-detail-store.ts';
import type { LiveAttempt } from '../../task-state/task-state.ts';
import { NO_USAGE } from '../../task-state/task-state.ts';
import { carryOverConversation } from './carry-over-conversation.ts';

const attemptKey = (n: number) => ({ plan: FIXTURE_PLAN, run: 1, task: 'one', attemptNumber: n });

function createEntry(kind: TranscriptEntry['kind'], text: string): TranscriptEntry {
  return { at: 1, kind, text };
}

function putTurns(table: Table, n: number, chunk: number, ...entries: TranscriptEntry[]) {
  return putTranscriptChunk(table, attemptKey(n), chunk, entries, 1);
}

function createFailedResult(cause: 'provider' | 'agent'): AttemptResult {
  return { outcome: 'failed', cause, reason: '', files: [], leftOut: [], usage: NO_USAGE };
}

function carryOverInto(table: Table, n: number, code = 'attempt_lost') {
  const { liveAttempt } = createWorkingTask(n);
  const state = { ...createTaskStateFixture(), reason: { code, text: '' } };
  return carryOverConversation(table, state, liveAttempt as LiveAttempt);
}

test('carries over the latest turns in order and nothing else', async () => {
  const table = createMemoryTable();
  for (let chunk = 1; chunk <= 250; chunk += 1)
    await putTurns(
      table,
      1,
      chunk,
      createEntry('tool', 'ls'),
      createEntry('agent', `step ${chunk}`),
    );
  await putTurns(table, 1, 251, createEntry('user', 'ada: use b'));

  const { conversation } = await carryOverInto(table, 2);

  expect(conversation).toHaveLength(251);
  expect(conversation.slice(-2)).toEqual([
    { role: 'agent', text: 'step 250' },
    { role: 'user', text: 'ada: use b' },
  ]);
});

test('includes parked attempts and attempts without turns, back to an attempt that ended by its own work', async () => {
  const table = createMemoryTable();
  await putTurns(table, 1, 1, createEntry('agent', 'of an earlier conversation'));
  await putResult(table, attemptKey(1), createFailedResult('agent'));
  await putTurns(table, 2, 1, createEntry('agent', 'first'));
  await putResult(table, attemptKey(2), createFailedResult('provider'));
  await putTurns(table, 4, 1, createEntry('agent', 'second'));

  const { conversation } = await carryOverInto(table, 5, 'parked');

  expect(conversation.map((turn) => turn.text)).toEqual(['first', 'second']);
});

test('limits the conversation in bytes and keeps the newest turns', async () => {
  const table = createMemoryTable();
  for (let chunk = 1; chunk <= 20; chunk += 1)
    await putTurns(table, 1, chunk, createEntry('agent', `${'計'.repeat(3_000)} ${chunk}`));

  const { conversation } = await carryOverInto(table, 2);

  expect(Buffer.byteLength(conversation.map((turn) => turn.text).join(''))).toBeLessThan(60_001);
  expect(conversation.length).toBeGreaterThan(4);
  expect(conversation.at(-1)?.text).toMatch(/ 20$/);
});

test('counts the messages of an earlier attempt as delivered only if their text is carried over', async () => {
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
  await openAttempt(table, attemptKey(1), record);

  expect((await carryOverInto(table, 2)).messagesSeen).toBe(0);
  await putTurns(table, 1, 1, createEntry('user', 'ada: use b'));
  expect((await carryOverInto(table, 2)).messagesSeen).toBe(3);
});

test('starts a new conversation after an attempt that ended by its own work', async () => {
  const table = createMemoryTable();
  await putTurns(table, 1, 1, createEntry('agent', 'done'));

  expect((await carryOverInto(table, 2, 'verify_red')).conversation).toEqual([]);
});
