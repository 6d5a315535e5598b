import type { TaskState } from './task-state.ts';

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
