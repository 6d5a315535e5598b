import { describe, expect, test } from 'vitest';
import { createSampleTask, isLive } from '../../test/support/engine/task-sample.ts';
import { TASK_STATUSES } from '../contract/task-status.ts';
import type { TaskState } from './task-state.ts';
import {
  computeDueAfterWrite,
  computeIdleDue,
  hasPendingWork,
  needsPlanReconcile,
} from './task-state.ts';

const NOW = 10_000;

describe('due time after a write', () => {
  test.each(['pr_open', 'in_review', 'merging', 'merged'] as const)(
    'a task that is %s is due after five seconds, in case its message is lost',
    (status) => {
      expect(computeDueAfterWrite(createSampleTask(status), NOW)).toBe(NOW + 5_000);
    },
  );

  test('a claimed task is due after 15 seconds, and a working task at the end of its lease', () => {
    expect(computeDueAfterWrite(createSampleTask('claimed'), NOW)).toBe(NOW + 15_000);
    expect(computeDueAfterWrite(createSampleTask('working'), NOW)).toBe(500);
  });

  test('a task that becomes pending again is due, because its last dependency may just have been merged', () => {
    expect(computeDueAfterWrite(createSampleTask('pending'), NOW)).toBe(NOW + 5_000);
  });

  test('a ready task is not due, because the ready index lists it', () => {
    expect(computeDueAfterWrite(createSampleTask('ready'), NOW)).toBeUndefined();
  });

  test.each(TASK_STATUSES)('a task that is %s is due until its pods are removed', (status) => {
    expect(hasPendingWork({ ...createSampleTask(status), attemptsAwaitingPodRemoval: [1] })).toBe(
      true,
    );
  });

  test('a cancelled task is due while it may have a pull request', () => {
    const cancelled = createSampleTask('cancelled');

    expect(hasPendingWork(cancelled)).toBe(true);
    expect(hasPendingWork({ ...cancelled, pull: undefined })).toBe(true);
    expect(hasPendingWork({ ...cancelled, pull: undefined, accepted: undefined })).toBe(false);
  });

  test('a merging task that waits for verification has no pending work', () => {
    expect(hasPendingWork({ ...createSampleTask('merging'), nextAttemptKind: 'verify' })).toBe(
      false,
    );
    expect(hasPendingWork(createSampleTask('merging', true))).toBe(false);
  });
});

describe('due time without pending work', () => {
  test('a live attempt is due at the end of its lease or at the timeout of its question, whichever is first', () => {
    const question = { id: 'q', text: '?', options: [], default: '', timeoutAt: 300 };
    const asking: TaskState = { ...createSampleTask('awaiting_input'), question };

    expect(computeIdleDue(createSampleTask('working'))).toBe(500);
    expect(computeIdleDue(asking)).toBe(300);
    expect(computeIdleDue({ ...asking, question: { ...question, timeoutAt: 900 } })).toBe(500);
  });

  test('a parked task is due at the end of its pause', () => {
    expect(computeIdleDue({ ...createSampleTask('ready'), parkedUntil: 7_000 })).toBe(7_000);
  });

  test.each(TASK_STATUSES.filter((status) => !isLive(status)))(
    'a task that is %s has no due time',
    (status) => {
      expect(computeIdleDue(createSampleTask(status))).toBeUndefined();
    },
  );
});

test('a simple plan is reconciled when its task leaves review', () => {
  const simple = (status: TaskState['status']): TaskState => ({
    ...createSampleTask(status),
    simple: true,
  });

  for (const status of ['changes_requested', 'pr_open', 'merged', 'failed', 'blocked'] as const)
    expect(needsPlanReconcile(simple(status))).toBe(true);
  for (const status of ['ready', 'working', 'in_review'] as const)
    expect(needsPlanReconcile(simple(status))).toBe(false);
});
