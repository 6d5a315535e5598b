import { expect, test } from 'vitest';
import {
  createSampleContext,
  createSampleEvent,
  createSampleTask,
} from '../../test/support/engine/task-sample.ts';
import { decideTask } from './decide-task.ts';
import { announceTaskTransition } from './task-announcements.ts';
import type { TaskEvent } from './task-event.ts';
import type { TaskState } from './task-state.ts';

const UNCOMMITTED = [{ folder: 'build', count: 2, cause: 'ignored' as const, examples: [] }];
const ROOT = 'r1';
const EVIDENCE = { commit: ROOT, root: ROOT, green: true, empty: false };
const UNCHANGED = createSampleEvent('result_accepted', {
  noChange: 'task',
  commit: ROOT,
  evidence: EVIDENCE,
  uncommitted: UNCOMMITTED,
});

function applyEvent(state: TaskState, event: TaskEvent): TaskState {
  const decision = decideTask(state, event, createSampleContext());
  if (decision.kind !== 'changed') throw new Error(`event ${event.type}: ${decision.kind}`);
  return decision.state;
}

function createReviewedTask(change: Partial<TaskState> = {}): TaskState {
  return { ...applyEvent(createSampleTask('working'), UNCHANGED), ...change };
}

test.each([false, true])(
  'a result without a change waits for a person without a pull request (simple plan: %s)',
  (simple) => {
    const working = { ...createSampleTask('working'), simple };
    const reviewed = applyEvent(working, UNCHANGED);

    expect(reviewed).toMatchObject({
      status: 'in_review',
      noChange: true,
      uncommitted: UNCOMMITTED,
      accepted: { commit: ROOT },
    });
    const { notices } = announceTaskTransition(working, reviewed, createSampleContext());
    expect(notices.map(({ kind }) => kind)).toEqual(['no_change']);
  },
);

test.each([false, true])(
  'an approval accepts the task without changes at the verified commit (simple plan: %s)',
  (simple) => {
    expect(applyEvent(createReviewedTask({ simple }), createSampleEvent('approved'))).toMatchObject(
      { status: 'merged', mergeSha: ROOT, approvedCommit: ROOT, finishedAt: 1_000 },
    );
  },
);

test('requested changes start the work anew with the text of the person', () => {
  const repair = { reason: 'changes_requested' as const, detail: 'Do it.', files: [], tasks: [] };
  const event = createSampleEvent('changes_requested', { repair });

  const next = applyEvent(createReviewedTask(), event);

  expect(next).toMatchObject({
    status: 'changes_requested',
    nextAttemptKind: 'work',
    repair: { detail: 'Do it.' },
  });
  expect([next.accepted, next.checkpoint, next.evidence, next.noChange]).toEqual(
    Array(4).fill(undefined),
  );
});

test('a retry after a cancellation starts the work anew instead of opening a pull request', () => {
  const cancelled = applyEvent(createReviewedTask(), createSampleEvent('cancel'));
  const retried = applyEvent(cancelled, createSampleEvent('retry'));

  expect(retried).toMatchObject({ status: 'ready', nextAttemptKind: 'work' });
  expect(retried.accepted).toBeUndefined();
});

test.each([
  ['is not approved', undefined, 'in_review'],
  ['is approved', 'c2', 'merging'],
] as const)('a repair without a change that %s leads to %s', (_case, approvedCommit, status) => {
  const working = {
    ...createSampleTask('working'),
    pull: { number: 7, nodeId: 'PR_7', url: 'https://forge.test/7' },
  };
  const repaired = applyEvent(
    working,
    createSampleEvent('result_accepted', { noChange: 'repair' }),
  );

  expect(repaired).toMatchObject({ status: 'pr_open', noChange: true });
  const green = createSampleEvent('pull_green');
  expect(applyEvent({ ...repaired, approvedCommit }, green).status).toBe(status);
});

test('a later result with a change and a commit of a person end the doubt', () => {
  const doubtful = { ...createSampleTask('working'), noChange: true as const };
  const pushed = { ...createSampleTask('in_review'), noChange: true as const };

  expect(applyEvent(doubtful, createSampleEvent('result_accepted')).noChange).toBeUndefined();
  expect(applyEvent(pushed, createSampleEvent('head_moved')).noChange).toBeUndefined();
});

test('the state lists at most 20 groups of uncommitted files', () => {
  const uncommitted = Array.from({ length: 40 }, () => UNCOMMITTED[0]).filter(
    (group) => group !== undefined,
  );
  const event = createSampleEvent('result_accepted', { noChange: 'task', uncommitted });

  expect(applyEvent(createSampleTask('working'), event).uncommitted).toHaveLength(20);
});
