import type { TaskKey } from '../contract/id.ts';
import type { Policy } from '../contract/plan.ts';
import type { AttemptKind, Question, Usage } from '../contract/task.ts';
import type { TaskStatus } from '../contract/task-status.ts';
import type { PullRef } from '../port/forge.ts';

// A task of a run as the store keeps it: small, because every transition writes it whole. Texts and lists lie beside it.

/** The live attempt: its number fences, its lease only says when to look. */
export type LiveAttempt = {
  readonly n: number;
  readonly kind: AttemptKind;
  /** Where the task goes back to when the attempt is lost. */
  readonly from: TaskStatus;
  readonly phase: 'claimed' | 'working' | 'awaiting_input';
  readonly claimedAt: number;
  readonly leaseUntil: number;
};

export type Repair = {
  readonly reason: 'conflict' | 'verify_red' | 'changes_requested' | 'check_red' | 'head_moved';
  readonly detail: string;
  readonly files: string[];
  readonly tasks: string[];
};

/** What the accepted commit is known to be: verify ran on `commit`, which contains `root`. */
export type TaskEvidence = {
  readonly commit: string;
  readonly root: string;
  readonly green: boolean;
  readonly empty: boolean;
  /** Whose result lists what the commit changes. */
  readonly attempt?: number;
};

export type TaskTransition = {
  readonly version: number;
  readonly at: number;
  readonly from: TaskStatus | 'none';
  readonly to: TaskStatus;
  readonly event: string;
  readonly actor: string;
  readonly reason?: string;
};

export type TaskState = TaskKey & {
  readonly ordinal: number;
  readonly kind: 'work' | 'join' | 'end';
  /** "owner/name" */
  readonly repo: string;
  readonly title: string;
  readonly wave: number;
  readonly rank: number;
  /** Estimated minutes. */
  readonly weight: number;
  /** Its pull request goes to the base branch and is a person's to merge. */
  readonly simple: boolean;
  readonly policy: Policy;
  readonly status: TaskStatus;
  /** What the next attempt does. */
  readonly nextAttemptKind: AttemptKind;
  /** Attempt numbers given so far; they only rise. */
  readonly attempt: number;
  readonly current?: LiveAttempt;
  /** The newest attempts that ended in their own words, oldest first: those may be said again. */
  readonly reportedAttempts?: readonly number[];
  /** Ended attempts whose pods are not yet known to be gone. */
  readonly attemptsAwaitingPodRemoval: number[];
  /** `refused`: by the model or the forge, in a row. */
  readonly retryCounts: {
    readonly agent: number;
    readonly infra: number;
    readonly repair: number;
    readonly refusals?: number;
  };
  readonly parkedUntil?: number;
  /** The commit that its pull request carries, which attempt's result describes it, and which attempt began that line. */
  readonly accepted?: {
    readonly commit: string;
    readonly attempt: number;
    readonly firstAttempt: number;
  };
  readonly evidence?: TaskEvidence;
  /** Commits that were checkpoints or results; the next attempt starts from the last. */
  readonly checkpoint?: string;
  readonly pull?: PullRef;
  /** The root commit that a `verify` attempt is to merge with. */
  readonly verifyRoot?: string;
  /** Set by a retry: its closed pull request is to be opened again. */
  readonly mustReopenPull?: boolean;
  readonly mergeSha?: string;
  /** Checks of its pull request that have been pending for long. */
  readonly stuckChecks?: string[];
  /** A commit that has been in the lane: whoever had to agree to it has agreed. */
  readonly approvedCommit?: string;
  /** When it joined the merge lane: its place there. */
  readonly queuedAt?: number;
  readonly reason?: { readonly code: string; readonly text: string };
  readonly repair?: Repair;
  readonly question?: Question;
  /** The question that was answered last, which may be put once more. */
  readonly answeredQuestion?: string;
  /** Why the last attempt of the same work failed: the next one is told. */
  readonly lastFailure?: string;
  /** Newest review that was acted upon. */
  readonly lastHandledReview?: number;
  /** Deterministic failures of the control plane in a row. */
  readonly faults: number;
  readonly isFinishing?: boolean;
  readonly usage: Usage;
  readonly startedAt?: number;
  readonly finishedAt?: number;
  readonly last: TaskTransition;
};

export const NO_USAGE: Usage = { inputTokens: 0, outputTokens: 0, usd: 0, turns: 0 };

/** An unknown price makes the sum unknown. */
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

/** Its place in the ready index: verification before repair before work, then the longest path ahead. */
export function computeSlotRank(state: TaskState): number {
  return KIND_PRIORITY[state.nextAttemptKind] + state.rank;
}

/** Whether a slot should be given to it now. */
export function isSchedulable(state: TaskState): boolean {
  if (state.kind === 'join' || state.current !== undefined || state.parkedUntil !== undefined)
    return false;
  if (state.status === 'ready' || state.status === 'changes_requested') return true;
  return (
    state.nextAttemptKind === 'verify' && (state.status === 'merging' || state.status === 'pr_open')
  );
}

export type TaskBounds = {
  /** Agent failures in a row of the same work before it is blocked. */
  readonly maxRetries: number;
  /** Lost pods before it is blocked. */
  readonly maxLosses: number;
  /** Repairs that nobody asked for. */
  readonly maxRepairs: number;
  readonly maxFaults: number;
};

export type TransitionContext = {
  readonly now: number;
  readonly actor: string;
  readonly version: number;
  readonly bounds: TaskBounds;
  /** It has dependencies that are not merged. */
  readonly hasUnmergedDependencies: boolean;
};

/** The event's type is the row's own; the table pairs them. Undefined: nothing changes. */
export type TransitionRow = (
  state: TaskState,
  event: never,
  context: TransitionContext,
) => TaskState | undefined;

export function blockTask(state: TaskState, code: string, text: string): TaskState {
  const reason = { code, text: text.slice(0, 2_000) };
  return { ...state, status: 'blocked', parkedUntil: undefined, reason };
}

/** Verify was green on the very commit that its pull request carries. */
export function hasCurrentEvidence(state: TaskState): boolean {
  return state.evidence?.green === true && state.evidence.commit === state.accepted?.commit;
}

/** With its pull request again; evidence that the accepted commit lacks is made first. */
export function returnToPull(state: TaskState): TaskState {
  return {
    ...state,
    status: 'pr_open',
    nextAttemptKind: hasCurrentEvidence(state) ? 'work' : 'verify',
  };
}

/** Its callbacks are refused from now on, and its pod is owed a deletion. */
export function endAttempt(state: TaskState): TaskState {
  if (state.current === undefined) return state;
  return {
    ...state,
    current: undefined,
    question: undefined,
    isFinishing: undefined,
    attemptsAwaitingPodRemoval: [...state.attemptsAwaitingPodRemoval, state.current.n],
  };
}
