import type { TaskEvent } from './task-event.ts';
import type { TaskState, TransitionContext } from './task-state.ts';
import { blockTask, endAttempt, returnToPull } from './task-state.ts';

// Transitions of a task by commands of people and by bookkeeping of the engine.

type EventOf<T extends TaskEvent['type']> = Extract<TaskEvent, { readonly type: T }>;

/** Retries a task with reset retry counts. A task with an accepted commit returns to its pull request. */
export function onRetry(
  state: TaskState,
  _event: EventOf<'retry' | 'unblock'>,
  context: TransitionContext,
): TaskState {
  const resetTask: TaskState = {
    ...state,
    retryCounts: { agent: 0, infra: 0, repair: 0 },
    faults: 0,
    parkedUntil: undefined,
    reason: undefined,
    finishedAt: undefined,
    mustReopenPull: state.accepted === undefined ? undefined : true,
  };
  if (state.accepted !== undefined) return returnToPull(resetTask);
  const nextAttemptKind = state.kind === 'end' ? 'verify' : 'work';
  if (context.hasUnmergedDependencies) return { ...resetTask, status: 'pending', nextAttemptKind };
  return onDependenciesMerged(
    { ...resetTask, nextAttemptKind },
    { type: 'dependencies_merged' },
    context,
  );
}

/** Makes a task ready. A join has no work, so it is merged at once. */
export function onDependenciesMerged(
  state: TaskState,
  _event: EventOf<'dependencies_merged'>,
  context: TransitionContext,
): TaskState {
  if (state.kind === 'join') return { ...state, status: 'merged', finishedAt: context.now };
  return { ...state, status: 'ready' };
}

export function onCancel(
  state: TaskState,
  event: EventOf<'cancel'>,
  context: TransitionContext,
): TaskState {
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
  event: EventOf<'unparked'>,
  context: TransitionContext,
): TaskState | undefined {
  if (state.parkedUntil === undefined) return undefined;
  if (state.parkedUntil > context.now && event.requestedByPerson !== true) return undefined;
  return { ...state, parkedUntil: undefined };
}

export function onFinish(state: TaskState): TaskState | undefined {
  return state.current === undefined || state.isFinishing === true
    ? undefined
    : { ...state, isFinishing: true };
}

export function onNumberRaised(
  state: TaskState,
  event: EventOf<'number_raised'>,
): TaskState | undefined {
  return event.n <= state.attempt ? undefined : { ...state, attempt: event.n };
}

export function onPodsGone(state: TaskState, event: EventOf<'pods_gone'>): TaskState | undefined {
  const remaining = state.attemptsAwaitingPodRemoval.filter((n) => !event.attempts.includes(n));
  return remaining.length === state.attemptsAwaitingPodRemoval.length
    ? undefined
    : { ...state, attemptsAwaitingPodRemoval: remaining };
}

export function onFaulted(
  state: TaskState,
  event: EventOf<'faulted'>,
  context: TransitionContext,
): TaskState {
  const faults = state.faults + 1;
  if (faults < context.bounds.maxFaults) return { ...state, faults };
  return { ...blockTask(endAttempt(state), 'fault', event.why), faults };
}
