import { describe, expect, test } from 'vitest';
import {
  createSampleContext,
  createSampleEvent,
  createSampleTask,
  SAMPLE_ATTEMPT,
} from '../../test/support/engine/task-sample.ts';
import type { TaskStatus } from '../contract/task-status.ts';
import { TASK_STATUSES } from '../contract/task-status.ts';
import { decideTask } from './decide-task.ts';
import type { TaskEvent, TaskEventType } from './task-event.ts';
import { TASK_EVENT_TYPES } from './task-event.ts';
import type { TaskState } from './task-state.ts';

/** Expected status after each event in each status; an event that is not listed changes nothing. */
const EXPECTED_STATUSES: Record<TaskStatus, Partial<Record<TaskEventType, TaskStatus>>> = {
  pending: {
    dependencies_merged: 'ready',
    merge_seen: 'merged',
    cancel: 'cancelled',
    faulted: 'pending',
  },
  ready: { claimed: 'claimed', merge_seen: 'merged', cancel: 'cancelled', faulted: 'ready' },
  changes_requested: {
    merge_seen: 'merged',
    pull_closed: 'failed',
    cancel: 'cancelled',
    faulted: 'changes_requested',
  },
  claimed: {
    bridge_ready: 'working',
    checkpointed: 'claimed',
    attempt_lost: 'ready',
    attempt_refused: 'ready',
    attempt_failed: 'ready',
    result_accepted: 'pr_open',
    merge_seen: 'merged',
    cancel: 'cancelled',
    finish: 'claimed',
    faulted: 'claimed',
  },
  working: {
    question_asked: 'awaiting_input',
    checkpointed: 'working',
    attempt_lost: 'ready',
    attempt_refused: 'ready',
    attempt_failed: 'ready',
    result_accepted: 'pr_open',
    merge_seen: 'merged',
    cancel: 'cancelled',
    finish: 'working',
    faulted: 'working',
  },
  awaiting_input: {
    question_asked: 'awaiting_input',
    question_answered: 'working',
    checkpointed: 'awaiting_input',
    attempt_lost: 'ready',
    attempt_refused: 'ready',
    attempt_failed: 'ready',
    result_accepted: 'pr_open',
    merge_seen: 'merged',
    cancel: 'cancelled',
    finish: 'awaiting_input',
    faulted: 'awaiting_input',
  },
  pr_open: {
    pull_ensured: 'pr_open',
    pull_green: 'merging',
    checks_stuck: 'pr_open',
    changes_requested: 'changes_requested',
    forge_refused: 'blocked',
    head_moved: 'pr_open',
    merge_seen: 'merged',
    pull_closed: 'failed',
    cancel: 'cancelled',
    faulted: 'pr_open',
  },
  in_review: {
    pull_ensured: 'in_review',
    approved: 'merging',
    changes_requested: 'changes_requested',
    forge_refused: 'blocked',
    head_moved: 'pr_open',
    merge_seen: 'merged',
    pull_closed: 'failed',
    cancel: 'cancelled',
    faulted: 'in_review',
  },
  merging: {
    pull_ensured: 'merging',
    changes_requested: 'changes_requested',
    forge_refused: 'blocked',
    head_moved: 'pr_open',
    verify_wanted: 'merging',
    checks_stuck: 'pr_open',
    merge_seen: 'merged',
    pull_closed: 'failed',
    cancel: 'cancelled',
    faulted: 'merging',
  },
  merged: {},
  blocked: {
    retry: 'pr_open',
    unblock: 'pr_open',
    merge_seen: 'merged',
    pull_closed: 'failed',
    cancel: 'cancelled',
  },
  failed: {
    retry: 'pr_open',
    merge_seen: 'merged',
    pull_reopened: 'pr_open',
    cancel: 'cancelled',
  },
  cancelled: { retry: 'pr_open', merge_seen: 'merged', pull_ensured: 'cancelled' },
};
/** Bookkeeping events, which every status accepts. */
const BOOKKEEPING_EVENTS: readonly TaskEventType[] = ['number_raised', 'pods_gone'];

const ATTEMPT_EVENTS = [
  'bridge_ready',
  'question_asked',
  'question_answered',
  'checkpointed',
  'attempt_lost',
  'attempt_refused',
  'attempt_failed',
  'result_accepted',
] as const;

function applyEvent(state: TaskState, event: TaskEvent): TaskState {
  const decision = decideTask(state, event, createSampleContext());
  if (decision.kind !== 'changed')
    throw new Error(`event ${event.type} changed nothing: ${decision.kind}`);
  return decision.state;
}

const PAIRS = TASK_STATUSES.flatMap((status) =>
  TASK_EVENT_TYPES.filter((type) => !BOOKKEEPING_EVENTS.includes(type)).map((type) => ({
    status,
    type,
  })),
);

describe('the state table of tasks', () => {
  test.each(PAIRS)(
    'event $type in status $status leads to the expected status',
    ({ status, type }) => {
      const decision = decideTask(
        createSampleTask(status),
        createSampleEvent(type),
        createSampleContext(),
      );

      const to = decision.kind === 'changed' ? decision.state.status : undefined;
      expect(to).toBe(EXPECTED_STATUSES[status][type]);
    },
  );

  test.each(TASK_STATUSES)('a task that is %s accepts a raised attempt number', (status) => {
    const raised = applyEvent(createSampleTask(status), createSampleEvent('number_raised'));

    expect(raised).toMatchObject({ status, attempt: SAMPLE_ATTEMPT + 2 });
  });

  test.each(TASK_STATUSES)('a task that is %s records that a pod is gone', (status) => {
    const task = { ...createSampleTask(status), attemptsAwaitingPodRemoval: [1, 2] };

    expect(applyEvent(task, createSampleEvent('pods_gone')).attemptsAwaitingPodRemoval).toEqual([
      2,
    ]);
  });

  test('a transition is recorded, and an event that the history does not show keeps the last record', () => {
    const working = createSampleTask('working');

    expect(applyEvent(working, createSampleEvent('attempt_lost')).last).toEqual({
      version: 9,
      at: 1_000,
      from: 'working',
      to: 'ready',
      event: 'attempt_lost',
      actor: 'test',
      reason: 'gone',
    });
    expect(applyEvent(working, createSampleEvent('checkpointed')).last).toBe(working.last);
  });
});

describe('the pull request of a pushed branch', () => {
  const reportedPull = { number: 12, nodeId: 'PR_12', url: 'https://forge.test/12' };
  const event = createSampleEvent('head_moved', { pull: reportedPull });

  test('is stored if the task has no pull request', () => {
    const unknown = { ...createSampleTask('in_review'), pull: undefined };

    expect(applyEvent(unknown, event).pull).toEqual(reportedPull);
  });

  test('does not replace a known pull request', () => {
    const known = createSampleTask('in_review');

    expect(applyEvent(known, event).pull).toEqual(known.pull);
    expect(known.pull?.number).not.toBe(reportedPull.number);
  });
});

describe('an approval', () => {
  const inReview = createSampleTask('in_review');
  const commit = inReview.accepted?.commit;

  test('is recorded with the accepted commit', () => {
    for (const event of [createSampleEvent('approved'), createSampleEvent('approved', { commit })])
      expect(applyEvent(inReview, event)).toMatchObject({
        status: 'merging',
        approvedCommit: commit,
      });
  });

  test('changes nothing if it names another commit', () => {
    const event = createSampleEvent('approved', { commit: 'e'.repeat(40) });

    expect(decideTask(inReview, event, createSampleContext()).kind).toBe('noop');
  });

  test('is not created by stuck checks', () => {
    const merging = { ...createSampleTask('merging'), approvedCommit: undefined };

    expect(applyEvent(merging, createSampleEvent('checks_stuck')).approvedCommit).toBeUndefined();
  });
});

test('the text and the files of a repair are bounded', () => {
  const detail = 'x'.repeat(500_000);
  const files = Array.from({ length: 3_000 }, (_, n) => `src/${n}.ts`);
  const repair = { reason: 'check_red' as const, detail, files, tasks: [] };

  const next = applyEvent(
    createSampleTask('merging'),
    createSampleEvent('changes_requested', { repair }),
  );

  expect(JSON.stringify(next).length).toBeLessThan(20_000);
  expect(next.repair?.files[0]).toBe('src/0.ts');
});

describe('the fence of attempt numbers', () => {
  test.each(ATTEMPT_EVENTS)('event %s of another attempt is stale in every status', (type) => {
    for (const status of TASK_STATUSES) {
      const event = createSampleEvent(type, { n: SAMPLE_ATTEMPT - 1 });

      expect(decideTask(createSampleTask(status), event, createSampleContext()).kind).toBe('stale');
    }
  });

  test('an attempt number is claimed once and never falls', () => {
    const ready = createSampleTask('ready');

    for (const n of [SAMPLE_ATTEMPT, SAMPLE_ATTEMPT - 1])
      expect(
        decideTask(ready, createSampleEvent('claimed', { n }), createSampleContext()).kind,
      ).toBe('noop');
  });

  test('rejects a claim with a different kind than the next attempt', () => {
    const event = createSampleEvent('claimed', { kind: 'verify' });

    expect(decideTask(createSampleTask('ready'), event, createSampleContext()).kind).toBe('noop');
  });

  test('every end of an attempt requests the removal of its pod', () => {
    for (const type of ['attempt_lost', 'attempt_failed', 'result_accepted', 'cancel'] as const)
      expect(applyEvent(createSampleTask('working'), createSampleEvent(type))).toMatchObject({
        liveAttempt: undefined,
        attemptsAwaitingPodRemoval: [SAMPLE_ATTEMPT],
      });
  });
});
