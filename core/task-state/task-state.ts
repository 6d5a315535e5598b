import type { FlagSummary, Uncommitted } from '../contract/flag.ts';
import type { TaskKey } from '../contract/id.ts';
import type { Policy } from '../contract/plan.ts';
import type { AttemptKind, Question, Usage } from '../contract/task.ts';
import type { TaskStatus } from '../contract/task-status.ts';
import { hasTaskStopped } from '../contract/task-status.ts';
import type { PullRef } from '../port/forge.ts';

// State of a task. Every transition writes the whole state, so long texts and lists are in separate items.

/** Live attempt of a task. Its number fences writes; its lease only sets the time of the next check. */
export type LiveAttempt = {
  /** Attempt number, from 1. */
  readonly attemptNumber: number;
  readonly kind: AttemptKind;
  /** Status before the claim; the task returns to this status if the attempt is lost. */
  readonly from: TaskStatus;
  readonly phase: 'claimed' | 'working' | 'awaiting_input';
  /** Epoch milliseconds. */
  readonly claimedAt: number;
  /** True if the plan had a budget at the start of the attempt, so that each report of usage counts against the budget at once. */
  readonly isBudgeted?: true;
  /** Epoch milliseconds; heartbeats extend the lease on the item of the attempt, not here. */
  readonly leaseUntil: number;
};

/** Reason and scope of a `repair` attempt. */
export type Repair = {
  readonly reason: 'conflict' | 'verify_red' | 'changes_requested' | 'check_red' | 'head_moved';
  /** Text for the agent, at most 8,000 characters. */
  readonly detail: string;
  /** Affected paths, at most 100. */
  readonly files: string[];
  /** Ids of the tasks that caused a conflict. */
  readonly tasks: string[];
};

/** Outcome of the verify commands on `commit`, which contains the root commit `root`. */
export type TaskEvidence = {
  readonly commit: string;
  readonly root: string;
  readonly green: boolean;
  /** True if nothing ran, because the repository has no verify command. */
  readonly empty: boolean;
  /** Number of the attempt whose result lists the changed paths of the commit. */
  readonly attempt?: number;
};

/** Entry of a task's history. */
export type TaskTransition = {
  /** Version of the task after the transition. */
  readonly version: number;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly from: TaskStatus | 'none';
  readonly to: TaskStatus;
  readonly event: string;
  readonly actor: string;
  readonly reason?: string;
};

/** State of a task of a run. Times are epoch milliseconds. */
export type TaskState = TaskKey & {
  /** Position of the node in the graph, from 0; dependency sets contain ordinals. */
  readonly ordinal: number;
  /**
   * `join` has no work and only groups dependencies; `end` verifies the whole root branch of a repository; `base` verifies the base
   * commit of a base check.
   */
  readonly kind: 'work' | 'join' | 'end' | 'base';
  /** Repository, "owner/name". */
  readonly repo: string;
  /** Title, at most 120 characters. */
  readonly title: string;
  /** Wave of tasks that may run at the same time, from 1; only shown to people. */
  readonly wave: number;
  /** Estimated minutes of the longest path ahead, including this task; the scheduler prefers the highest rank. */
  readonly rank: number;
  /** Estimated minutes of this task. */
  readonly estimateMinutes: number;
  /** True in a simple plan: the pull request goes to the base branch, and a person merges it. */
  readonly simple: boolean;
  readonly policy: Policy;
  readonly status: TaskStatus;
  /** Kind of the next attempt. */
  readonly nextAttemptKind: AttemptKind;
  /** Highest attempt number so far, 0 before the first attempt; the number never falls. */
  readonly attempt: number;
  /** Absent while no attempt may report. */
  readonly liveAttempt?: LiveAttempt;
  /** Numbers of the last 8 attempts that ended by their own result, oldest first; a bridge may repeat such a result. */
  readonly reportedAttempts?: readonly number[];
  /** Numbers of ended attempts whose pods are not confirmed as gone; each still holds a slot. */
  readonly attemptsAwaitingPodRemoval: number[];
  /** Failures in a row by cause; a task is blocked when a count exceeds its bound (`TaskBounds`). */
  readonly retryCounts: {
    /** Failures of the agent at the same work. */
    readonly agent: number;
    /** Lost attempts. */
    readonly infra: number;
    /** Repairs that no person requested. */
    readonly repair: number;
    /** Refusals of the model or the forge, at most 100. */
    readonly refusals?: number;
    /** Losses in a row by the same reported fault, at most 3. */
    readonly equalFaults?: number | undefined;
  };
  /** Time until which no attempt starts, because an outside system refuses or an attempt was lost. */
  readonly parkedUntil?: number;
  /** Accepted commit, which the pull request carries. */
  readonly accepted?: {
    readonly commit: string;
    /** Number of the attempt whose result describes the commit. */
    readonly attempt: number;
    /** Number of the first attempt on the same branch. */
    readonly firstAttempt: number;
  };
  readonly evidence?: TaskEvidence;
  /** True if the attempt of the accepted commit changed nothing. The task merges only after a person has approved this. */
  readonly noChange?: true;
  /** Flags of the accepted commit; absent if no path is flagged. */
  readonly flags?: FlagSummary;
  /** Files that an attempt without changes left outside its commit, at most 20 groups. */
  readonly uncommitted?: readonly Uncommitted[];
  /** Last checkpoint or result commit; the next attempt starts from this commit. */
  readonly checkpoint?: string;
  readonly pull?: PullRef;
  /** Root commit that the next `verify` attempt merges with. */
  readonly verifyRoot?: string;
  /** True after a retry, until the closed pull request is reopened. */
  readonly mustReopenPull?: boolean;
  /** Commit of the merge; for an `end` node, the verified root commit. */
  readonly mergeSha?: string;
  /** Names of checks that have been pending for more than an hour, at most 5. */
  readonly stuckChecks?: string[];
  /** Commit that a person approved last; only this commit needs no further approval. */
  readonly approvedCommit?: string;
  /** Time at which the task entered the merge queue; the queue is ordered by this time. */
  readonly queuedAt?: number;
  /** Reason of the current status, at most 2,000 characters. */
  readonly reason?: { readonly code: string; readonly text: string };
  readonly repair?: Repair;
  readonly question?: Question;
  /** Id of the question that was answered last; an agent may ask the question again. */
  readonly answeredQuestion?: string;
  /** Failure of the last attempt at the same work, for the next attempt. */
  readonly lastFailure?: string;
  /** Id of the newest review that was handled. */
  readonly lastHandledReview?: number;
  /** Failures of the control plane in a row while it handles this task; the task is blocked at `TaskBounds.maxEngineFailures`. */
  readonly consecutiveEngineFailures: number;
  /** True after a person asked an interactive session to finish. */
  readonly isFinishing?: boolean;
  readonly usage: Usage;
  readonly startedAt?: number;
  readonly finishedAt?: number;
  /** Newest transition. */
  readonly last: TaskTransition;
};

export const NO_USAGE: Usage = { inputTokens: 0, outputTokens: 0, usd: 0, turns: 0 };

/** Adds two usages. The cost of the sum is unknown (null) if either cost is unknown. */
export function addUsage(a: Usage, b: Usage): Usage {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    usd: a.usd === null || b.usd === null ? null : a.usd + b.usd,
    turns: a.turns + b.turns,
  };
}

/** Priority of attempt kinds for the scheduler; the distance between two kinds exceeds every rank. */
export const KIND_PRIORITY = { verify: 2e9, repair: 1e9, work: 0 } as const;

/** Computes the position in the ready index: verification before repair before work, then the longest path ahead. */
export function computeSlotRank(state: TaskState): number {
  return KIND_PRIORITY[state.nextAttemptKind] + state.rank;
}

/** Returns true if the scheduler may give the task a slot now. */
export function isSchedulable(state: TaskState): boolean {
  if (state.kind === 'join' || state.liveAttempt !== undefined || state.parkedUntil !== undefined)
    return false;
  if (state.status === 'ready' || state.status === 'changes_requested') return true;
  return (
    state.nextAttemptKind === 'verify' && (state.status === 'merging' || state.status === 'pr_open')
  );
}

/** Bounds after which a task is blocked. */
export type TaskBounds = {
  /** Failures of the agent in a row at the same work. */
  readonly maxRetries: number;
  /** Lost attempts in a row. */
  readonly maxLostAttempts: number;
  /** Repairs that no person requested. */
  readonly maxRepairs: number;
  /** Failures of the control plane in a row. */
  readonly maxEngineFailures: number;
};

/** Input of a transition besides the state and the event. */
export type TransitionContext = {
  readonly now: number;
  readonly actor: string;
  readonly version: number;
  readonly bounds: TaskBounds;
  /** True if a dependency of the task is not merged. */
  readonly hasUnmergedDependencies: boolean;
};

/** Computes the next state, or undefined if nothing changes. The table pairs each row with its event type. */
export type TransitionRow = (
  state: TaskState,
  event: never,
  context: TransitionContext,
) => TaskState | undefined;

export function blockTask(state: TaskState, code: string, text: string): TaskState {
  const reason = { code, text: text.slice(0, 2_000) };
  return { ...state, status: 'blocked', parkedUntil: undefined, reason };
}

/** Returns true if the evidence is green and about exactly the accepted commit. */
export function hasCurrentEvidence(state: TaskState): boolean {
  return state.evidence?.green === true && state.evidence.commit === state.accepted?.commit;
}

/** Returns true if the whole task changed nothing, so that it has no pull request and no commit of its own. */
export function isNoChangeTask(state: TaskState): boolean {
  return state.noChange === true && state.pull === undefined;
}

/** Forgets the accepted result of a task without changes, so that the next attempt starts anew. */
export function forgetNoChange(state: TaskState): TaskState {
  return {
    ...state,
    accepted: undefined,
    checkpoint: undefined,
    evidence: undefined,
    noChange: undefined,
    flags: undefined,
    uncommitted: undefined,
  };
}

/** Returns the task to its pull request; an accepted commit without evidence is verified first. */
export function returnToPull(state: TaskState): TaskState {
  return {
    ...state,
    status: 'pr_open',
    nextAttemptKind: hasCurrentEvidence(state) ? 'work' : 'verify',
  };
}

/** Ends the live attempt: its callbacks are rejected from now on, and its pod awaits removal. */
export function endAttempt(state: TaskState): TaskState {
  if (state.liveAttempt === undefined) return state;
  return {
    ...state,
    liveAttempt: undefined,
    question: undefined,
    isFinishing: undefined,
    attemptsAwaitingPodRemoval: [
      ...state.attemptsAwaitingPodRemoval,
      state.liveAttempt.attemptNumber,
    ],
  };
}

// Due times of tasks. The resync reconciles a due task even if every wake-up message is lost.

/** Wait before the resync does the work of a lost wake-up message, milliseconds. */
const LOST_MESSAGE_GRACE_MS = 5_000;
/**
 * Wait before the resync launches the pod of a claim, milliseconds. Normally the scheduler launches the pod right after the claim.
 */
const LAUNCH_GRACE_MS = 15_000;

/** Returns the due time of a task after a write, epoch milliseconds; undefined if the resync has nothing to do. */
export function computeDueAfterWrite(state: TaskState, now: number): number | undefined {
  // The dependencies of a task may have been merged before the task became pending again.
  if (hasPendingWork(state) || state.status === 'pending') return now + LOST_MESSAGE_GRACE_MS;
  if (state.liveAttempt?.phase === 'claimed') return now + LAUNCH_GRACE_MS;
  return computeIdleDue(state);
}

/** Returns the end of the lease, question or pause of a task without pending work, epoch milliseconds. */
export function computeIdleDue(state: TaskState): number | undefined {
  if (state.liveAttempt !== undefined) {
    const questionTimeoutAt = state.question?.timeoutAt ?? Number.POSITIVE_INFINITY;
    return Math.min(state.liveAttempt.leaseUntil, questionTimeoutAt);
  }
  return state.parkedUntil;
}

/** Returns true if the reconciler has work for the task now. */
export function hasPendingWork(state: TaskState): boolean {
  if (state.attemptsAwaitingPodRemoval.length > 0) return true;
  if (state.simple && needsPlanReconcile(state)) return true;
  if (state.status === 'merged' || state.status === 'in_review') return true;
  if (state.status === 'pr_open' || state.status === 'merging')
    return state.liveAttempt === undefined && state.nextAttemptKind !== 'verify';
  // The pull request of a cancelled task must be closed; the state may lack a pull request opened just before the cancellation.
  return state.status === 'cancelled' && (state.pull ?? state.accepted) !== undefined;
}

/**
 * Returns true if a simple plan needs a reconcile: the plan is complete during the review, and must follow when the review ends.
 */
export function needsPlanReconcile(state: TaskState): boolean {
  if (state.liveAttempt !== undefined) return false;
  return (
    state.status === 'changes_requested' ||
    state.status === 'pr_open' ||
    hasTaskStopped(state.status)
  );
}
