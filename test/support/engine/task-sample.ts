import type { TaskStatus } from '../../../core/contract/task-status.ts';
import type { TaskEvent, TaskEventType } from '../../../core/task-state/task-event.ts';
import type { TaskState, TransitionContext } from '../../../core/task-state/task-state.ts';
import { NO_USAGE } from '../../../core/task-state/task-state.ts';
import { createTaskStateFixture } from './engine-fixture.ts';

// Sample tasks in each status, and a sample event of each type.

export const SAMPLE_ATTEMPT = 3;
const PULL = { number: 7, nodeId: 'PR_7', url: 'https://forge.test/7' };
const EVIDENCE = { commit: 'c1', root: 'r1', green: true, empty: false };

export function createSampleContext(change: Partial<TransitionContext> = {}): TransitionContext {
  return {
    now: 1_000,
    actor: 'test',
    version: 9,
    bounds: { maxRetries: 2, maxLostAttempts: 5, maxRepairs: 3, maxEngineFailures: 5 },
    hasUnmergedDependencies: false,
    ...change,
  };
}

/** Creates a task in a status. `hasAttempt`: the task has the current attempt SAMPLE_ATTEMPT; default: only if the status requires one. */
export function createSampleTask(status: TaskStatus, hasAttempt = isLive(status)): TaskState {
  const isPullOpen = status === 'pr_open' || status === 'in_review' || status === 'merging';
  const hasPull = isPullOpen || status === 'changes_requested' || status === 'merged';
  const isStopped = status === 'blocked' || status === 'failed' || status === 'cancelled';
  return {
    ...createTaskStateFixture(),
    status,
    attempt: SAMPLE_ATTEMPT,
    nextAttemptKind: status === 'changes_requested' ? 'repair' : 'work',
    ...(hasPull || isStopped ? { accepted: { commit: 'c1', attempt: 2, firstAttempt: 2 } } : {}),
    ...(hasPull || isStopped ? { pull: PULL, evidence: EVIDENCE, checkpoint: 'c1' } : {}),
    ...(status === 'failed' ? { reason: { code: 'pull_closed', text: 'closed' } } : {}),
    ...(hasAttempt ? { liveAttempt: createLiveAttempt(status) } : {}),
  };
}

/** Returns true for a status in which a task always has an attempt. */
export function isLive(status: TaskStatus): boolean {
  return status === 'claimed' || status === 'working' || status === 'awaiting_input';
}

function createLiveAttempt(status: TaskStatus): NonNullable<TaskState['liveAttempt']> {
  const isVerification = !isLive(status);
  return {
    attemptNumber: SAMPLE_ATTEMPT,
    kind: isVerification ? 'verify' : 'work',
    from: isVerification ? status : 'ready',
    phase: isLive(status) ? (status as 'claimed' | 'working' | 'awaiting_input') : 'working',
    claimedAt: 1,
    leaseUntil: 500,
  };
}

const repair = { reason: 'conflict' as const, detail: 'it conflicts', files: [], tasks: [] };
const question = { id: 'q', text: 'Which?', options: [], default: 'any', timeoutAt: 900 };

const SAMPLE_EVENTS: { [T in TaskEventType]: Extract<TaskEvent, { readonly type: T }> } = {
  dependencies_merged: { type: 'dependencies_merged' },
  claimed: { type: 'claimed', n: SAMPLE_ATTEMPT + 1, kind: 'work', leaseUntil: 2_000 },
  bridge_ready: { type: 'bridge_ready', n: SAMPLE_ATTEMPT, leaseUntil: 2_000 },
  question_asked: { type: 'question_asked', n: SAMPLE_ATTEMPT, question },
  question_answered: { type: 'question_answered', n: SAMPLE_ATTEMPT },
  checkpointed: { type: 'checkpointed', n: SAMPLE_ATTEMPT, commit: 'k1' },
  attempt_lost: { type: 'attempt_lost', n: SAMPLE_ATTEMPT, why: 'gone' },
  attempt_refused: { type: 'attempt_refused', n: SAMPLE_ATTEMPT, until: 5_000, why: '429' },
  attempt_failed: {
    type: 'attempt_failed',
    n: SAMPLE_ATTEMPT,
    cause: 'agent',
    why: 'it gave up',
    files: [],
    usage: NO_USAGE,
    leftOut: false,
  },
  result_accepted: {
    type: 'result_accepted',
    n: SAMPLE_ATTEMPT,
    commit: 'c2',
    evidence: { ...EVIDENCE, commit: 'c2' },
    usage: NO_USAGE,
  },
  pull_ensured: { type: 'pull_ensured', pull: { ...PULL, number: 8 } },
  pull_green: { type: 'pull_green', pull: PULL },
  checks_stuck: { type: 'checks_stuck', checks: ['deploy gate'] },
  approved: { type: 'approved' },
  changes_requested: { type: 'changes_requested', repair },
  forge_refused: { type: 'forge_refused', reason: 'no merges on Fridays' },
  head_moved: { type: 'head_moved', commit: 'p1', root: 'r2' },
  verify_missing: { type: 'verify_missing' },
  verify_wanted: { type: 'verify_wanted', root: 'r2' },
  merge_seen: { type: 'merge_seen', sha: 'm1', root: 'm1' },
  pull_closed: { type: 'pull_closed' },
  pull_reopened: { type: 'pull_reopened' },
  root_moved: { type: 'root_moved', root: 'r2' },
  retry: { type: 'retry' },
  unblock: { type: 'unblock' },
  cancel: { type: 'cancel', reason: 'no longer wanted' },
  unparked: { type: 'unparked' },
  finish: { type: 'finish' },
  number_raised: { type: 'number_raised', n: SAMPLE_ATTEMPT + 2 },
  pods_gone: { type: 'pods_gone', attempts: [1] },
  faulted: { type: 'faulted', why: 'a bug' },
};

export function createSampleEvent<T extends TaskEventType>(
  type: T,
  change: Partial<Extract<TaskEvent, { readonly type: T }>> = {},
): TaskEvent {
  return { ...SAMPLE_EVENTS[type], ...change } as TaskEvent;
}
