import { expect, test } from 'vitest';
import {
  createTaskStateFixture,
  createWorkingTask,
} from '../../test/support/engine/engine-fixture.ts';
import { decideTask } from './decide-task.ts';
import type { TaskEvent } from './task-event.ts';
import type { TaskState } from './task-state.ts';

const CONTEXT = {
  now: 5,
  actor: 'test',
  version: 2,
  bounds: { maxRetries: 2, maxLostAttempts: 5, maxRepairs: 3, maxEngineFailures: 5 },
  hasUnmergedDependencies: false,
};
const WORKING_TASK: TaskState = { ...createTaskStateFixture(), ...createWorkingTask(2) };

function applyEvents(state: TaskState, ...events: TaskEvent[]): TaskState {
  return events.reduce((current, event) => {
    const decision = decideTask(current, event, CONTEXT);
    return decision.kind === 'changed' ? decision.state : current;
  }, state);
}

function createQuestionEvent(id: string): TaskEvent {
  const question = { id, text: 'Which?', options: [], default: 'any', timeoutAt: 9 };
  return { type: 'question_asked', n: 2, question };
}

test('an answered question is not opened again by a repeated event', () => {
  const answered = applyEvents(WORKING_TASK, createQuestionEvent('q-1'), {
    type: 'question_answered',
    n: 2,
  });

  expect(answered.status).toBe('working');
  expect(decideTask(answered, createQuestionEvent('q-1'), CONTEXT).kind).toBe('noop');
  expect(applyEvents(answered, createQuestionEvent('q-2'))).toMatchObject({
    status: 'awaiting_input',
    question: { id: 'q-2' },
  });
});

test('a second question replaces the first, and only its own answer closes it', () => {
  const second = applyEvents(WORKING_TASK, createQuestionEvent('q-1'), createQuestionEvent('q-2'));

  expect(second).toMatchObject({ status: 'awaiting_input', question: { id: 'q-2' } });
  expect(applyEvents(second, { type: 'question_answered', n: 2, question: 'q-1' })).toBe(second);
  expect(applyEvents(second, { type: 'question_answered', n: 2, question: 'q-2' }).status).toBe(
    'working',
  );
});

test.each(['agent_missing', 'repository', 'agent'] as const)(
  'a failure with the cause %s blocks the task at once unless a retry may help',
  (cause) => {
    const failed = applyEvents(WORKING_TASK, {
      type: 'attempt_failed',
      n: 2,
      cause,
      why: 'install it',
      files: [],
      usage: { inputTokens: 0, outputTokens: 0, usd: 0, turns: 0 },
      leftOut: false,
    });

    const isBlocked = cause !== 'agent';
    expect(failed.status).toBe(isBlocked ? 'blocked' : 'ready');
    expect(failed.reason).toEqual({ code: cause, text: 'install it' });
    expect(failed.retryCounts.agent).toBe(isBlocked ? 0 : 1);
  },
);

test('a lost attempt without usage is not listed in reportedAttempts', () => {
  const lost = applyEvents(WORKING_TASK, { type: 'attempt_lost', n: 2, why: 'its pod is gone' });

  expect(lost.reportedAttempts).toBeUndefined();
});

/** Loses attempts with the given reasons in a row; stops at a blocked task. */
function loseAttempts(isFault: boolean, reasons: readonly string[]): TaskState {
  let state = WORKING_TASK;
  for (const [index, why] of reasons.entries()) {
    const n = 2 + index;
    state = applyEvents(state, { type: 'attempt_lost', n, why, isFault });
    if (state.status === 'blocked') return state;
    state = applyEvents(
      state,
      { type: 'unparked', requestedByPerson: true },
      { type: 'claimed', n: n + 1, kind: 'work', leaseUntil: 9 },
      { type: 'bridge_ready', n: n + 1, leaseUntil: 9 },
    );
  }
  return state;
}

test('the same reported fault blocks the task at its third attempt', () => {
  expect(loseAttempts(true, ['E2BIG', 'E2BIG', 'E2BIG', 'E2BIG'])).toMatchObject({
    status: 'blocked',
    attempt: 4,
    reason: { code: 'repeated_fault', text: expect.stringContaining('E2BIG') },
  });
});

test.each([
  { name: 'faults with different texts', isFault: true, reasons: ['a', 'b', 'a', 'b'] },
  { name: 'expired leases with the same text', isFault: false, reasons: ['x', 'x', 'x', 'x'] },
])('$name do not count as the same fault', ({ isFault, reasons }) => {
  expect(loseAttempts(isFault, reasons).status).toBe('working');
});

test('an attempt that ends by a used-up budget costs no retry and waits for no time', () => {
  const event = {
    type: 'attempt_refused',
    n: 2,
    until: 5,
    why: 'used',
    isBudgetUsed: true,
  } as const;

  const returned = applyEvents(WORKING_TASK, event);

  expect(returned).toMatchObject({ status: 'ready', reason: { code: 'budget' } });
  expect(returned.parkedUntil).toBeUndefined();
  expect(returned.retryCounts).toEqual({ ...WORKING_TASK.retryCounts, refusals: undefined });
});

function refuseAttempts(count: number): TaskState {
  let state = WORKING_TASK;
  for (let n = 3; n < 3 + count; n += 1) {
    const refused = { until: 5, why: 'busy (429)', countsAsRefusal: true } as const;
    state = applyEvents(state, { type: 'attempt_refused', n: n - 1, ...refused });
    if (state.status === 'blocked') return state;
    state = applyEvents(
      state,
      { type: 'unparked', requestedByPerson: true },
      { type: 'claimed', n, kind: 'work', leaseUntil: 9 },
      { type: 'bridge_ready', n, leaseUntil: 9 },
    );
  }
  return state;
}

test('repeated refusals wait longer and finally block the task with the reason', () => {
  const refusedAgain = applyEvents(refuseAttempts(8), {
    type: 'attempt_refused',
    n: 10,
    until: 5,
    why: 'busy',
    countsAsRefusal: true,
  });

  expect(refusedAgain.parkedUntil).toBe(CONTEXT.now + 900_000);
  expect(refuseAttempts(200)).toMatchObject({
    status: 'blocked',
    attempt: 102,
    reason: { text: '101 attempts in a row were refused, the last because of: busy (429)' },
  });
});

test('a full cluster does not count as a refusal, and progress resets the count', () => {
  const afterFullCluster = applyEvents(refuseAttempts(2), {
    type: 'attempt_refused',
    n: 4,
    until: 5,
    why: 'full',
  });
  const afterCheckpoint = applyEvents(refuseAttempts(2), {
    type: 'checkpointed',
    n: 4,
    commit: 'c1',
  });

  expect(afterFullCluster.retryCounts.refusals).toBe(2);
  expect(afterCheckpoint.retryCounts.refusals).toBeUndefined();
});
