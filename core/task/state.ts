import type { TaskKey } from '../contract/id.ts';
import type { Policy } from '../contract/plan.ts';
import type { AttemptKind, Question, TaskStatus, Usage } from '../contract/task.ts';
import type { PullRef } from '../port/forge.ts';

// A task of a run as the store keeps it: small, because every transition writes it whole. Texts and lists lie beside it.

/** The live attempt: its number fences, its lease only says when to look. */
export type LiveAttempt = {
  n: number;
  kind: AttemptKind;
  /** Where the task goes back to when the attempt is lost. */
  from: TaskStatus;
  phase: 'claimed' | 'working' | 'awaiting_input';
  claimedAt: number;
  leaseUntil: number;
};

export type Repair = {
  reason: 'conflict' | 'verify_red' | 'changes_requested' | 'check_red' | 'head_moved';
  detail: string;
  files: string[];
  tasks: string[];
};

/** What the accepted commit is known to be: verify ran on `commit`, which contains `root`. */
export type Proof = {
  commit: string;
  root: string;
  green: boolean;
  empty: boolean;
  /** Whose result lists what the commit changes. */
  attempt?: number;
};

export type Transition = {
  version: number;
  at: number;
  from: TaskStatus | 'none';
  to: TaskStatus;
  event: string;
  actor: string;
  reason?: string;
};

export type TaskState = TaskKey & {
  ordinal: number;
  kind: 'work' | 'join' | 'end';
  /** "owner/name" */
  repo: string;
  title: string;
  wave: number;
  rank: number;
  /** Estimated minutes. */
  weight: number;
  /** Its pull request goes to the base branch and is a person's to merge. */
  simple: boolean;
  policy: Policy;
  status: TaskStatus;
  /** What the next attempt does. */
  wants: AttemptKind;
  /** Attempt numbers given so far; they only rise. */
  attempt: number;
  current?: LiveAttempt;
  /** The newest attempts that ended in their own words, oldest first: those may be said again. */
  reported?: readonly number[];
  /** Ended attempts whose pods are not yet known to be gone. */
  closing: number[];
  /** `refused`: by the model or the forge, in a row. */
  spent: { agent: number; infra: number; repair: number; refused?: number };
  parkedUntil?: number;
  /** The commit that its pull request carries, which attempt's result describes it, and which attempt began that line. */
  accepted?: { commit: string; attempt: number; branch: number };
  proof?: Proof;
  /** Commits that were checkpoints or results; the next attempt starts from the last. */
  checkpoint?: string;
  pull?: PullRef;
  /** The root commit that a `verify` attempt is to merge with. */
  verifyRoot?: string;
  /** Set by a retry: its closed pull request is to be opened again. */
  reopen?: boolean;
  mergeSha?: string;
  /** Checks of its pull request that have been pending for long. */
  stuckChecks?: string[];
  /** A commit that has been in the lane: whoever had to agree to it has agreed. */
  agreed?: string;
  /** When it joined the merge lane: its place there. */
  queuedAt?: number;
  reason?: { code: string; text: string };
  repair?: Repair;
  question?: Question;
  /** The question that was answered last, which may be put once more. */
  answered?: string;
  /** Why the last attempt of the same work failed: the next one is told. */
  lastFailure?: string;
  /** Newest review that was acted upon. */
  reviewSeen?: number;
  /** Deterministic failures of the control plane in a row. */
  faults: number;
  finishing?: boolean;
  usage: Usage;
  startedAt?: number;
  finishedAt?: number;
  last: Transition;
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

/** Nothing will move it by itself any more. */
export function isOver(status: TaskStatus): boolean {
  return (
    status === 'merged' || status === 'cancelled' || status === 'failed' || status === 'blocked'
  );
}

const FIRST = { verify: 2e9, repair: 1e9, work: 0 } as const;

/** Its place in the ready index: verification before repair before work, then the longest path ahead. */
export function slotRank(state: TaskState): number {
  return FIRST[state.wants] + state.rank;
}

/** Whether a slot should be given to it now. */
export function isSchedulable(state: TaskState): boolean {
  if (state.kind === 'join' || state.current !== undefined || state.parkedUntil !== undefined)
    return false;
  if (state.status === 'ready' || state.status === 'changes_requested') return true;
  return state.wants === 'verify' && (state.status === 'merging' || state.status === 'pr_open');
}
