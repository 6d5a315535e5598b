import type { PlanContext, PlanEventOf } from './plan-event.ts';
import type { BaseState, PlanState } from './plan-state.ts';
import { findBaseState } from './plan-state.ts';

// Transitions by the checks of base commits. A plan records what it reads of the checks of its base commits; a base check, which is a
// hidden plan, records its own result.

/** Records the state of a check. A result of another base commit or of an earlier run of the check changes nothing. */
export function onBaseChecked(
  state: PlanState,
  { result }: PlanEventOf<'base_checked'>,
): PlanState | undefined {
  const repository = state.repositories.find(({ name }) => name === result.repo);
  if (repository?.baseSha !== result.commit) return undefined;
  const known = findBaseState(state, repository);
  if (known === undefined) return replaceBaseState(state, result);
  if (known.check !== result.check || !isNewer(result, known)) return undefined;
  return replaceBaseState(state, { ...result, accepted: known.accepted });
}

function isNewer(result: BaseState, known: BaseState): boolean {
  if (result.run !== known.run) return result.run > known.run;
  return known.status === 'checking' && result.status !== 'checking';
}

function replaceBaseState(state: PlanState, result: BaseState): PlanState {
  const others = (state.base ?? []).filter(({ repo }) => repo !== result.repo);
  return { ...state, base: [...others, result] };
}

/** Accepts the base commits whose checks have not ended or are red, so that tasks start. */
export function onBaseAccepted(state: PlanState): PlanState | undefined {
  const base = (state.base ?? []).map((entry) =>
    entry.status === 'checking' || entry.status === 'red'
      ? { ...entry, accepted: true as const }
      : entry,
  );
  const hasChanged = base.some((entry, index) => entry.accepted !== state.base?.[index]?.accepted);
  return hasChanged ? { ...state, base } : undefined;
}

/** Ends a base check with its result, or starts the next run of an ended check. */
export function onBaseCheckMoved(
  state: PlanState,
  event: PlanEventOf<'base_checked'>,
  { now }: PlanContext,
): PlanState | undefined {
  const next = onBaseChecked(state, event);
  if (next === undefined) return undefined;
  const { run, status, reason } = event.result;
  if (status === 'checking')
    return {
      ...next,
      run,
      status: 'active',
      consecutiveEngineFailures: 0,
      reason: undefined,
      finishedAt: undefined,
    };
  return {
    ...next,
    status: status === 'green' ? 'complete' : 'failed',
    reason,
    finishedAt: now,
  };
}
