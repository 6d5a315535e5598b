import type { TaskState } from './state.ts';

export type TaskBounds = {
  /** Agent failures in a row of the same work before it is blocked. */
  maxRetries: number;
  /** Lost pods before it is blocked. */
  maxLosses: number;
  /** Repairs that nobody asked for. */
  maxRepairs: number;
  maxFaults: number;
};

export type RowContext = {
  now: number;
  actor: string;
  version: number;
  bounds: TaskBounds;
  /** It has dependencies that are not merged. */
  waiting: boolean;
};

/** The event's type is the row's own; the table pairs them. Undefined: nothing changes. */
export type Row = (state: TaskState, event: never, context: RowContext) => TaskState | undefined;

export function blocked(state: TaskState, code: string, text: string): TaskState {
  const reason = { code, text: text.slice(0, 2_000) };
  return { ...state, status: 'blocked', parkedUntil: undefined, reason };
}

/** Verify was green on the very commit that its pull request carries. */
export function isProven(state: TaskState): boolean {
  return state.proof?.green === true && state.proof.commit === state.accepted?.commit;
}

/** With its pull request again; evidence that the accepted commit lacks is made first. */
export function atPull(state: TaskState): TaskState {
  return { ...state, status: 'pr_open', wants: isProven(state) ? 'work' : 'verify' };
}

/** Its callbacks are refused from now on, and its pod is owed a deletion. */
export function endAttempt(state: TaskState): TaskState {
  if (state.current === undefined) return state;
  return {
    ...state,
    current: undefined,
    question: undefined,
    finishing: undefined,
    closing: [...state.closing, state.current.n],
  };
}
