import type { TaskEvent } from './event.ts';
import { blocked, endAttempt, type RowContext } from './row.ts';
import type { TaskState } from './state.ts';

// What people order, and the control plane's own bookkeeping.

type Of<T extends TaskEvent['type']> = Extract<TaskEvent, { type: T }>;

/** Goes on from the accepted commit where there is one, with fresh budgets. */
export function onRetry(state: TaskState): TaskState {
  const fresh: TaskState = {
    ...state,
    spent: { agent: 0, infra: 0, repair: 0 },
    faults: 0,
    parkedUntil: undefined,
    reason: undefined,
    finishedAt: undefined,
    reopen: state.pull === undefined ? undefined : true,
  };
  if (state.accepted === undefined) return { ...fresh, status: 'ready', wants: wantedAgain(state) };
  const proven = state.proof?.green === true && state.proof.commit === state.accepted.commit;
  return { ...fresh, status: 'pr_open', wants: proven ? 'work' : 'verify' };
}

function wantedAgain(state: TaskState): TaskState['wants'] {
  return state.kind === 'end' ? 'verify' : 'work';
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
  _event: Of<'unparked'>,
  context: RowContext,
): TaskState | undefined {
  if (state.parkedUntil === undefined || state.parkedUntil > context.now) return undefined;
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
