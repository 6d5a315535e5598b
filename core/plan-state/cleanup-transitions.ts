import type { PlanContext, PlanEventOf } from './plan-event.ts';
import type { PlanState, RootPull } from './plan-state.ts';

// Transitions after the work: pull requests of a complete plan, tasks of stopped runs, and deletion of branches.

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

/** Changes the base branch of a repository. The next observation of the pull request finds the problems of the new base. */
export function onRetargeted(
  state: PlanState,
  { repo, base }: PlanEventOf<'retargeted'>,
): PlanState | undefined {
  const isChanged = state.repositories.some((known) => known.name === repo && known.base !== base);
  if (!isChanged) return undefined;
  return {
    ...state,
    repositories: state.repositories.map((known) =>
      known.name === repo ? { ...known, base } : known,
    ),
    pulls: state.pulls.map((pull) => (pull.repo === repo ? { ...pull, problem: undefined } : pull)),
  };
}

/**
 * Schedules the deletion of the run's branches once no pull request is open: at once if all work is merged or nothing had to be
 * delivered, otherwise after `keepDays`, because a person may reopen a closed pull request or open another for commits after an early
 * merge.
 */
export function scheduleCleanup(
  state: PlanState,
  pulls: readonly RootPull[],
  { now, keepDays }: PlanContext,
): PlanState['pendingCleanups'] {
  const others = state.pendingCleanups.filter(({ run }) => run !== state.run);
  if (pulls.some((pull) => pull.state === 'open')) return others;
  const isMerged = pulls.every((pull) => pull.state === 'merged' && pull.wasMergedEarly !== true);
  return [...others, { run: state.run, at: isMerged ? now : now + keepDays * DAY_MS }];
}

/** Reactivates a complete plan after a change request, and keeps the branches of its run. */
export function onSentBack(state: PlanState): PlanState {
  const pendingCleanups = state.pendingCleanups.filter(({ run }) => run !== state.run);
  return { ...state, status: 'active', pendingCleanups, finishedAt: undefined };
}

/**
 * Dismisses a plan: two passes over the current run close its open pull requests, and its branches are deleted after the second pass.
 * The branches of former runs are deleted now. The passes cancel tasks of a complete plan, because the task of a simple plan owns the
 * open pull request.
 */
export function onClosed(
  state: PlanState,
  { reason }: PlanEventOf<'closed'>,
  { actor, now }: PlanContext,
): PlanState {
  const closeReason = reason || `closed by ${actor}`;
  const { run, approvedRevision = 0, status } = state;
  const isStopping = state.stoppingRuns.some((stopping) => stopping.run === run);
  const revision = status === 'complete' || status === 'failed' ? approvedRevision : 0;
  const stopping = { run, revision, reason: closeReason, cursor: 0, dueAt: now };
  const formerCleanups = state.pendingCleanups.filter((cleanup) => cleanup.run !== run);
  return {
    ...state,
    status: 'closed',
    reason: closeReason,
    finishedAt: state.finishedAt ?? now,
    pulls: state.pulls.map((pull) =>
      pull.state === 'merged' ? pull : { ...pull, state: 'closed', problem: undefined },
    ),
    stoppingRuns: isStopping ? state.stoppingRuns : [...state.stoppingRuns, stopping],
    pendingCleanups: formerCleanups.map((cleanup) =>
      cleanup.isFirstPassDone === true ? cleanup : { ...cleanup, at: now },
    ),
  };
}

/**
 * Records the progress of cancelling the tasks of a stopped run. The pass over the tasks runs twice: a handler with a plan from
 * before the stop may still write during the first pass, and the second pass finds these writes. After the second pass, the
 * branches are kept for `keepDays`, except those of a closed plan.
 */
export function onRunStopping(
  state: PlanState,
  { run, isSecondPass, cursor, isPassComplete }: PlanEventOf<'run_stopping'>,
  { now, keepDays, maxHandlerLifetimeMs }: PlanContext,
): PlanState | undefined {
  const current = state.stoppingRuns.find((stopping) => stopping.run === run);
  if (current === undefined || (current.isFirstPassDone === true) !== isSecondPass)
    return undefined;
  const others = state.stoppingRuns.filter((stopping) => stopping !== current);
  if (!isPassComplete) return { ...state, stoppingRuns: [{ ...current, cursor }, ...others] };
  if (!isSecondPass) {
    const secondPass = {
      ...current,
      cursor: 0,
      isFirstPassDone: true,
      dueAt: now + maxHandlerLifetimeMs,
    };
    return { ...state, stoppingRuns: [...others, secondPass] };
  }
  const otherCleanups = state.pendingCleanups.filter((cleanup) => cleanup.run !== run);
  const keepMs = state.status === 'closed' ? 0 : keepDays * DAY_MS;
  return {
    ...state,
    stoppingRuns: others,
    pendingCleanups: [...otherCleanups, { run, at: now + keepMs }],
  };
}

/**
 * Schedules a second pass after a successful deletion, because a slow handler may have pushed a branch again; retries a failed
 * deletion.
 */
export function onBranchesCleanedUp(
  state: PlanState,
  { results }: PlanEventOf<'branches_cleaned_up'>,
  { now, maxHandlerLifetimeMs }: PlanContext,
): PlanState {
  const pendingCleanups = state.pendingCleanups.flatMap((cleanup) => {
    const { run, tries = 0, isFirstPassDone = false } = cleanup;
    const result = results.find(
      (candidate) => candidate.run === run && candidate.isSecondPass === isFirstPassDone,
    );
    if (result === undefined) return [cleanup];
    if (!result.isDeleted) {
      const waitMs = Math.min(FIRST_CLEANUP_RETRY_MS * 2 ** tries, MAX_CLEANUP_RETRY_MS);
      return [
        { run, at: now + waitMs, tries: tries + 1, ...(isFirstPassDone && { isFirstPassDone }) },
      ];
    }
    return isFirstPassDone ? [] : [{ run, at: now + maxHandlerLifetimeMs, isFirstPassDone: true }];
  });
  return { ...state, pendingCleanups };
}
