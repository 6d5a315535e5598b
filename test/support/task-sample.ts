import type { TaskStatus } from '../../core/contract/task.ts';
import type { TaskEvent, TaskEventType } from '../../core/task/event.ts';
import type { RowContext } from '../../core/task/row.ts';
import { NO_USAGE, type TaskState } from '../../core/task/state.ts';
import { taskStateFixture } from './engine-fixture.ts';

// A task in each status as it commonly is there, and each event as it commonly comes.

export const SAMPLE_N = 3;
const PULL = { number: 7, nodeId: 'PR_7', url: 'https://forge.test/7' };
const PROOF = { commit: 'c1', root: 'r1', green: true, empty: false };

export function sampleContext(change: Partial<RowContext> = {}): RowContext {
  return {
    now: 1_000,
    actor: 'test',
    version: 9,
    bounds: { maxRetries: 2, maxLosses: 5, maxRepairs: 3, maxFaults: 5 },
    waiting: false,
    ...change,
  };
}

/** `live`: with attempt SAMPLE_N at work. */
export function sampleTask(status: TaskStatus, live = isLive(status)): TaskState {
  const beside = status === 'pr_open' || status === 'in_review' || status === 'merging';
  const hasPull = beside || status === 'changes_requested' || status === 'merged';
  const ended = status === 'blocked' || status === 'failed' || status === 'cancelled';
  return {
    ...taskStateFixture(),
    status,
    attempt: SAMPLE_N,
    wants: status === 'changes_requested' ? 'repair' : 'work',
    ...(hasPull || ended ? { accepted: { commit: 'c1', attempt: 2, branch: 2 } } : {}),
    ...(hasPull || ended ? { pull: PULL, proof: PROOF, checkpoint: 'c1' } : {}),
    ...(status === 'failed' ? { reason: { code: 'pull_closed', text: 'closed' } } : {}),
    ...(live ? { current: liveAttempt(status) } : {}),
  };
}

export function isLive(status: TaskStatus): boolean {
  return status === 'claimed' || status === 'working' || status === 'awaiting_input';
}

function liveAttempt(status: TaskStatus): NonNullable<TaskState['current']> {
  const beside = !isLive(status);
  return {
    n: SAMPLE_N,
    kind: beside ? 'verify' : 'work',
    from: beside ? status : 'ready',
    phase: isLive(status) ? (status as 'claimed' | 'working' | 'awaiting_input') : 'working',
    claimedAt: 1,
    leaseUntil: 500,
  };
}

const repair = { reason: 'conflict' as const, detail: 'it conflicts', files: [], tasks: [] };
const question = { id: 'q', text: 'Which?', options: [], default: 'any', timeoutAt: 900 };

const EVENTS: { [T in TaskEventType]: Extract<TaskEvent, { type: T }> } = {
  dependencies_merged: { type: 'dependencies_merged' },
  claimed: { type: 'claimed', n: SAMPLE_N + 1, kind: 'work', leaseUntil: 2_000 },
  bridge_ready: { type: 'bridge_ready', n: SAMPLE_N, leaseUntil: 2_000 },
  question_asked: { type: 'question_asked', n: SAMPLE_N, question },
  question_answered: { type: 'question_answered', n: SAMPLE_N },
  checkpointed: { type: 'checkpointed', n: SAMPLE_N, commit: 'k1' },
  attempt_lost: { type: 'attempt_lost', n: SAMPLE_N, why: 'gone' },
  attempt_refused: { type: 'attempt_refused', n: SAMPLE_N, until: 5_000, why: '429' },
  attempt_failed: {
    type: 'attempt_failed',
    n: SAMPLE_N,
    cause: 'agent',
    why: 'it gave up',
    files: [],
    usage: NO_USAGE,
    leftOut: false,
  },
  result_accepted: {
    type: 'result_accepted',
    n: SAMPLE_N,
    commit: 'c2',
    proof: { ...PROOF, commit: 'c2' },
    usage: NO_USAGE,
  },
  pull_ensured: { type: 'pull_ensured', pull: { ...PULL, number: 8 } },
  pull_green: { type: 'pull_green', pull: PULL },
  checks_stuck: { type: 'checks_stuck', checks: ['deploy gate'] },
  approved: { type: 'approved' },
  changes_requested: { type: 'changes_requested', repair },
  forge_refused: { type: 'forge_refused', rule: 'no merges on Fridays' },
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
  number_raised: { type: 'number_raised', n: SAMPLE_N + 2 },
  pods_gone: { type: 'pods_gone', ns: [1] },
  faulted: { type: 'faulted', why: 'a bug' },
};

export function sampleEvent<T extends TaskEventType>(
  type: T,
  change: Partial<Extract<TaskEvent, { type: T }>> = {},
): TaskEvent {
  return { ...EVENTS[type], ...change } as TaskEvent;
}
