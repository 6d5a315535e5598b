import type { PlanContext, PlanEventOf } from './plan-row.ts';
import type { PlanState, RootPull } from './plan-state.ts';

// After the work: pull requests of a complete plan, tasks of stopped runs, and branches that are no longer needed.

const DAY_MS = 86_400_000;
const FIRST_CLEANUP_RETRY_MS = 900_000;
const MAX_CLEANUP_RETRY_MS = DAY_MS;

export function onPullsChanged(
  state: PlanState,
  { run, pulls }: PlanEventOf<'pulls_changed'> | PlanEventOf<'delivered'>,
  context: PlanContext,
): PlanState | undefined {
  if (state.run !== run) return undefined;
  return { ...state, pulls, pendingCleanups: scheduleCleanup(state, pulls, context) };
}

/** The branches of a fully merged run may go at once. A closed pull request may be reopened for some days. */
export function scheduleCleanup(
  state: PlanState,
  pulls: readonly RootPull[],
  { now, keepDays }: PlanContext,
): PlanState['pendingCleanups'] {
  const others = state.pendingCleanups.filter(({ run }) => run !== state.run);
  if (pulls.length === 0 || pulls.some((pull) => pull.state === 'open')) return others;
  const isMerged = pulls.every((pull) => pull.state === 'merged' && pull.wasMergedEarly !== true);
  return [...others, { run: state.run, at: isMerged ? now : now + keepDays * DAY_MS }];
}

export function onSentBack(state: PlanState): PlanState {
  const pendingCleanups = state.pendingCleanups.filter(({ run }) => run !== state.run);
  return { ...state, status: 'active', pendingCleanups, finishedAt: undefined };
}

/**
 * A stopped run is swept twice. A handler that read the plan before the stop may still write for a while, and the second pass
 * finds what it wrote. Then the branches are kept for some days.
 */
export function onRunStopping(
  state: PlanState,
  { run, wasSwept, cursor, isPassComplete }: PlanEventOf<'run_stopping'>,
  { now, keepDays, maxHandlerLifetimeMs }: PlanContext,
): PlanState | undefined {
  const current = state.stoppingRuns.find((stopping) => stopping.run === run);
  if (current === undefined || (current.swept === true) !== wasSwept) return undefined;
  const others = state.stoppingRuns.filter((stopping) => stopping !== current);
  if (!isPassComplete) return { ...state, stoppingRuns: [{ ...current, cursor }, ...others] };
  if (!wasSwept) {
    const second = { ...current, cursor: 0, swept: true, dueAt: now + maxHandlerLifetimeMs };
    return { ...state, stoppingRuns: [...others, second] };
  }
  const cleanups = state.pendingCleanups.filter((cleanup) => cleanup.run !== run);
  return {
    ...state,
    stoppingRuns: others,
    pendingCleanups: [...cleanups, { run, at: now + keepDays * DAY_MS }],
  };
}

/** Deleted branches are looked for once more: a handler may have pushed one again in its last moments. */
export function onBranchesCleanedUp(
  state: PlanState,
  { results }: PlanEventOf<'branches_cleaned_up'>,
  { now, maxHandlerLifetimeMs }: PlanContext,
): PlanState {
  const pendingCleanups = state.pendingCleanups.flatMap((cleanup) => {
    const { run, tries = 0, swept = false } = cleanup;
    const result = results.find(
      (candidate) => candidate.run === run && candidate.wasSwept === swept,
    );
    if (result === undefined) return [cleanup];
    if (!result.isDeleted) {
      const waitMs = Math.min(FIRST_CLEANUP_RETRY_MS * 2 ** tries, MAX_CLEANUP_RETRY_MS);
      return [{ run, at: now + waitMs, tries: tries + 1, ...(swept && { swept }) }];
    }
    return swept ? [] : [{ run, at: now + maxHandlerLifetimeMs, swept: true }];
  });
  return { ...state, pendingCleanups };
}
