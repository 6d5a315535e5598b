import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createTaskStateFixture } from '../../test/support/engine/engine-fixture.ts';
import {
  createSampleContext,
  createSampleEvent,
  createSampleTask,
  SAMPLE_ATTEMPT,
} from '../../test/support/engine/task-sample.ts';
import { decideTask } from './decide-task.ts';
import type { TaskEvent } from './task-event.ts';
import { TASK_EVENT_TYPES } from './task-event.ts';
import type { TaskState } from './task-state.ts';
import { isSchedulable } from './task-state.ts';

function applyEvent(
  state: TaskState,
  event: TaskEvent,
  hasUnmergedDependencies = false,
): TaskState {
  const decision = decideTask(state, event, createSampleContext({ hasUnmergedDependencies }));
  if (decision.kind !== 'changed')
    throw new Error(`event ${event.type} changed nothing: ${decision.kind}`);
  return decision.state;
}

describe('bounds on retries', () => {
  test('an agent that fails too often blocks the task', () => {
    const retryCounts = { agent: 2, infra: 0, repair: 0 };

    const last = applyEvent(
      { ...createSampleTask('working'), retryCounts },
      createSampleEvent('attempt_failed'),
    );

    expect(last).toMatchObject({ status: 'blocked', reason: { code: 'agent' } });
  });

  test('lost attempts have a separate bound and wait longer each time', () => {
    const lost = (infra: number) =>
      applyEvent(
        { ...createSampleTask('working'), retryCounts: { agent: 2, infra, repair: 0 } },
        createSampleEvent('attempt_lost'),
      );

    expect(lost(0)).toMatchObject({ status: 'ready', parkedUntil: undefined });
    expect(lost(1).parkedUntil).toBe(6_000);
    expect(lost(2).parkedUntil).toBe(11_000);
    expect(lost(5)).toMatchObject({ status: 'blocked', reason: { code: 'attempts_lost' } });
  });

  test('an attempt that the model, the forge or the launcher refuses for a time parks the task and costs no retry', () => {
    const parked = applyEvent(createSampleTask('working'), createSampleEvent('attempt_refused'));

    expect(parked).toMatchObject({
      status: 'ready',
      parkedUntil: 5_000,
      retryCounts: { agent: 0, infra: 0, repair: 0 },
    });
    expect(isSchedulable(parked)).toBe(false);
  });

  test('repairs are bounded unless a person requested them', () => {
    const exhausted = {
      ...createSampleTask('merging'),
      retryCounts: { agent: 0, infra: 0, repair: 3 },
    };
    const personsRepair = {
      reason: 'changes_requested' as const,
      detail: 'no',
      files: [],
      tasks: [],
    };

    expect(applyEvent(exhausted, createSampleEvent('changes_requested')).status).toBe('blocked');
    expect(
      applyEvent(exhausted, createSampleEvent('changes_requested', { repair: personsRepair }))
        .status,
    ).toBe('changes_requested');
  });

  test('failures of the control plane in a row block the task', () => {
    const faulted = applyEvent(
      { ...createSampleTask('merging'), consecutiveEngineFailures: 4 },
      createSampleEvent('faulted'),
    );

    expect(faulted).toMatchObject({ status: 'blocked', reason: { code: 'fault' } });
  });

  test('the command retry of a person resets the counts of automatic retries', () => {
    const exhausted = {
      ...createSampleTask('blocked'),
      retryCounts: { agent: 9, infra: 9, repair: 9 },
      consecutiveEngineFailures: 9,
    };

    expect(applyEvent(exhausted, createSampleEvent('retry'))).toMatchObject({
      retryCounts: { agent: 0, infra: 0, repair: 0 },
      consecutiveEngineFailures: 0,
    });
  });
});

describe('a retry', () => {
  const unaccepted = { ...createSampleTask('cancelled'), accepted: undefined, pull: undefined };

  test('makes a task with unmerged dependencies pending', () => {
    expect(applyEvent(unaccepted, createSampleEvent('retry'), true).status).toBe('pending');
    expect(applyEvent(unaccepted, createSampleEvent('retry')).status).toBe('ready');
  });

  test('merges a join whose dependencies are merged', () => {
    expect(applyEvent({ ...unaccepted, kind: 'join' }, createSampleEvent('retry')).status).toBe(
      'merged',
    );
  });

  test('verifies an accepted commit without evidence first', () => {
    const retried = applyEvent(
      { ...createSampleTask('blocked'), evidence: undefined },
      createSampleEvent('retry'),
    );

    expect(retried).toMatchObject({
      status: 'pr_open',
      nextAttemptKind: 'verify',
      mustReopenPull: true,
    });
    expect(isSchedulable(retried)).toBe(true);
  });

  test('ignores the closed state of the pull request until the pull request is reopened', () => {
    const retried = applyEvent(createSampleTask('failed'), createSampleEvent('retry'));

    expect(decideTask(retried, createSampleEvent('pull_closed'), createSampleContext()).kind).toBe(
      'noop',
    );
  });
});

describe('a verify attempt of a merging task', () => {
  const merging = { ...createSampleTask('merging', true), nextAttemptKind: 'verify' as const };

  test('keeps the task merging after a success and after a loss', () => {
    const evidence = { commit: 'c1', root: 'r2', green: true, empty: false };
    const accepted = createSampleEvent('result_accepted', { commit: 'c1', evidence });

    expect(applyEvent(merging, accepted)).toMatchObject({
      status: 'merging',
      evidence,
      nextAttemptKind: 'work',
    });
    expect(applyEvent(merging, createSampleEvent('attempt_lost'))).toMatchObject({
      status: 'merging',
      nextAttemptKind: 'verify',
    });
  });

  test('requests a repair if the verification is red or conflicts', () => {
    for (const cause of ['verify_red', 'conflict'] as const)
      expect(applyEvent(merging, createSampleEvent('attempt_failed', { cause }))).toMatchObject({
        status: 'changes_requested',
        nextAttemptKind: 'repair',
        repair: { reason: cause },
      });
  });

  test('keeps the evidence of the accepted commit if the result is for another commit', () => {
    const late = applyEvent(merging, createSampleEvent('result_accepted', { commit: 'other' }));

    expect(late.evidence?.commit).toBe('c1');
  });
});

describe('the end node', () => {
  const end: TaskState = {
    ...createSampleTask('working'),
    kind: 'end',
    nextAttemptKind: 'verify',
    liveAttempt: {
      ...createSampleTask('working').liveAttempt,
      kind: 'verify',
    } as TaskState['liveAttempt'],
  };

  test('is merged only by a green verification of the root branch', () => {
    expect(applyEvent(end, createSampleEvent('result_accepted'))).toMatchObject({
      status: 'merged',
      mergeSha: 'c2',
    });
    expect(decideTask(end, createSampleEvent('merge_seen'), createSampleContext()).kind).toBe(
      'noop',
    );
  });

  test('is repaired after a red verification and verified again after the repair', () => {
    const red = applyEvent(end, createSampleEvent('attempt_failed', { cause: 'verify_red' }));
    const mergingEnd: TaskState = { ...createSampleTask('merging'), kind: 'end' };

    expect(red).toMatchObject({ status: 'ready', nextAttemptKind: 'repair' });
    expect(applyEvent(mergingEnd, createSampleEvent('merge_seen'))).toMatchObject({
      status: 'ready',
      nextAttemptKind: 'verify',
      verifyRoot: 'm1',
      accepted: undefined,
      pull: undefined,
    });
  });

  test('keeps `firstAttempt`, which names its branch, over repeated repairs', () => {
    const repairing: TaskState = {
      ...createSampleTask('working'),
      kind: 'end',
      accepted: { commit: 'c1', attempt: 2, firstAttempt: 2 },
    };

    expect(applyEvent(repairing, createSampleEvent('result_accepted')).accepted).toEqual({
      commit: 'c2',
      attempt: SAMPLE_ATTEMPT,
      firstAttempt: 2,
    });
  });

  test('is verified again after a person moved the root branch', () => {
    const merged: TaskState = { ...createSampleTask('merged'), kind: 'end', mergeSha: 'r1' };

    expect(applyEvent(merged, createSampleEvent('root_moved'))).toMatchObject({
      status: 'ready',
      nextAttemptKind: 'verify',
      verifyRoot: 'r2',
    });
  });
});

test('a simple task waits for a person to merge', () => {
  const simple = { ...createSampleTask('pr_open'), simple: true };

  const green = applyEvent(simple, createSampleEvent('pull_green'));

  expect(green.status).toBe('in_review');
  expect(decideTask(green, createSampleEvent('approved'), createSampleContext()).kind).toBe('noop');
});

test('a commit without verify commands waits for a person despite the policy auto', () => {
  const evidence = { commit: 'c1', root: 'r1', green: true, empty: true };

  const green = applyEvent(
    { ...createSampleTask('pr_open'), evidence },
    createSampleEvent('pull_green'),
  );

  expect(green.status).toBe('in_review');
});

test('a pull request with unreadable checks waits for a person', () => {
  const { pull } = createSampleTask('in_review');
  if (pull === undefined) throw new Error('the sample has no pull request');

  const green = applyEvent(createSampleTask('pr_open'), {
    type: 'pull_green',
    pull,
    checksUnreadable: true,
  });

  expect(green.status).toBe('in_review');
});

test('a pull request without evidence for its commit stays open', () => {
  const unverified = { ...createSampleTask('pr_open'), evidence: undefined };

  expect(decideTask(unverified, createSampleEvent('pull_green'), createSampleContext()).kind).toBe(
    'noop',
  );
  expect(applyEvent(unverified, createSampleEvent('verify_missing'))).toMatchObject({
    nextAttemptKind: 'verify',
  });
});

const EVENT = fc.record({
  // Frequent events appear several times.
  type: fc.oneof(
    fc.constantFrom(...TASK_EVENT_TYPES),
    fc.constantFrom(
      'dependencies_merged',
      'claimed',
      'bridge_ready',
      'result_accepted',
      'pull_green',
    ),
  ),
  /** Offset of the event's attempt number from the newest attempt number of the task. */
  attemptOffset: fc.integer({ min: -1, max: 2 }),
  kind: fc.constantFrom('work' as const, 'repair' as const, 'verify' as const),
  commit: fc.constantFrom('c1', 'c2', 'c3'),
});

test('in every history, attempt numbers never fall, ended attempts await pod removal, and merged is final', () => {
  const kinds = fc.constantFrom('work' as const, 'end' as const);
  void fc.assert(
    fc.property(kinds, fc.boolean(), fc.array(EVENT, { maxLength: 60 }), (kind, simple, events) => {
      let state: TaskState = { ...createTaskStateFixture(), status: 'pending', kind, simple };
      for (const { type, attemptOffset, kind: attemptKind, commit } of events) {
        const numbered = { n: state.attempt + attemptOffset, kind: attemptKind, commit };
        const event = createSampleEvent(type, numbered as never);
        const decision = decideTask(state, event, createSampleContext());
        if (decision.kind !== 'changed') continue;
        const next = decision.state;

        expect(next.attempt).toBeGreaterThanOrEqual(state.attempt);
        if (state.status === 'merged' && state.kind === 'work') expect(next.status).toBe('merged');
        if (
          state.liveAttempt !== undefined &&
          next.liveAttempt?.attemptNumber !== state.liveAttempt.attemptNumber
        )
          expect(next.attemptsAwaitingPodRemoval).toContain(state.liveAttempt.attemptNumber);
        if (next.liveAttempt !== undefined) {
          expect(next.liveAttempt.attemptNumber).toBeLessThanOrEqual(next.attempt);
          expect(isSchedulable(next)).toBe(false);
        }
        if (next.status === 'merging') expect(next.simple).toBe(false);
        if (['claimed', 'working', 'awaiting_input'].includes(next.status))
          expect(next.liveAttempt).toBeDefined();
        state = next;
      }
    }),
    { numRuns: 400 },
  );
});
