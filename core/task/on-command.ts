import type { TaskEvent } from './event.ts';
import { atPull, blocked, endAttempt, type RowContext } from './row.ts';
import type { TaskState } from './state.ts';

// What people order, and the control plane's own bookkeeping.

type Of<T extends TaskEvent['type']> = Extract<TaskEvent, { type: T }>;

/** Goes on from the accepted commit where there is one, with fresh budgets. */
export function onRetry(
  state: TaskState,
  _event: Of<'retry' | 'unblock'>,
  context: RowContext,
): TaskState {
  const fresh: TaskState = {
    ...state,
    spent: { agent: 0, infra: 0, repair: 0 },
    faults: 0,
    parkedUntil: undefined,
    reason: undefined,
    finishedAt: undefined,
    reopen: state.accepted === undefined ? undefined : true,
  };
  if (state.accepted !== undefined) return atPull(fresh);
  const wants = state.kind === 'end' ? 'verify' : 'work';
  if (context.waiting) return { ...fresh, status: 'pending', wants };
  return onDependenciesMerged({ ...fresh, wants }, { type: 'dependencies_merged' }, context);
}

/** A join has no work of its own. */
export function onDependenciesMerged(
  state: TaskState,
  _event: Of<'dependencies_merged'>,
  context: RowContext,
): TaskState {
  if (state.kind === 'join') return { ...state, status: 'merged', finishedAt: context.now };
  return { ...state, status: 'ready' };
}

export function onCancel(state: TaskState, event: Of<'cancel'>, context: RowContext): TaskState {
  return {
    ...endAttempt(state),
    status: 'cancelled',
    parkedUntil: undefined,
    finishedAt: context.now,
    reason: { code: 'cancelled', text: event.reason },
  };
}

export function onUnparked(
  state: TaskState,
  event: Of<'unparked'>,
  context: RowContext,
): TaskState | undefined {
  if (state.parkedUntil === undefined) return undefined;
  if (state.parkedUntil > context.now && event.asked !== true) return undefined;
  return { ...state, parkedUntil: undefined };
}

export function onFinish(state: TaskState): TaskState | undefined {
  return state.current === undefined || state.finishing === true
    ? undefined
    : { ...state, finishing: true };
}

export function onNumberRaised(
  state: TaskState,
  event: Of<'number_raised'>,
): TaskState | undefined {
  return event.n <= state.attempt ? undefined : { ...state, attempt: event.n };
}

export function onPodsGone(state: TaskState, event: Of<'pods_gone'>): TaskState | undefined {
  const closing = state.closing.filter((n) => !event.ns.includes(n));
  return closing.length === state.closing.length ? undefined : { ...state, closing };
}

export function onFaulted(state: TaskState, event: Of<'faulted'>, context: RowContext): TaskState {
  const faults = state.faults + 1;
  if (faults < context.bounds.maxFaults) return { ...state, faults };
  return { ...blocked(endAttempt(state), 'fault', event.why), faults };
}
