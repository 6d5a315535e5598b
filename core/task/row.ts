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

export type RowContext = { now: number; actor: string; version: number; bounds: TaskBounds };

/** The event's type is the row's own; the table pairs them. Undefined: nothing changes. */
export type Row = (state: TaskState, event: never, context: RowContext) => TaskState | undefined;

export function blocked(state: TaskState, code: string, text: string): TaskState {
  return { ...state, status: 'blocked', reason: { code, text: text.slice(0, 2_000) } };
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
