import { isTaskSettled } from '../../contract/task-status.ts';
import type { PlanState, RootPull } from '../../plan-state/plan-state.ts';
import { isSimple } from '../../plan-state/plan-state.ts';
import type { StoredPlan } from '../../store/plan-store.ts';
import { setPlanDue } from '../../store/plan-store.ts';
import { loadTask, toTaskKey } from '../../store/task-store.ts';
import { enqueueWakeUps } from '../announce/enqueue-wake-ups.ts';
import { applyPlan } from '../apply/apply-plan.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { resolveForge } from '../pull/task-pull.ts';
import { computeRunsDue } from './compute-runs-due.ts';

/** A complete plan waits for a person to merge or close its pull requests; then its branches go. */
export async function reconcileCompletePlan(deps: EngineDeps, plan: StoredPlan): Promise<void> {
  const { state } = plan;
  if (isSimple(state) && (await reactivateIfSentBack(deps, plan))) return;
  if (!(await recordPullChanges(deps, plan)))
    await setPlanDue(deps.table, plan, computeRunsDue(plan));
}

/** Writes down which pull requests of a complete plan were merged, closed or reopened; false: none. */
export async function recordPullChanges(deps: EngineDeps, plan: StoredPlan): Promise<boolean> {
  const { state } = plan;
  const seen = await loadPullStates(deps, state);
  const moved = seen.some((pull, index) => pull.state !== state.pulls[index]?.state);
  if (!moved) return false;
  const over = seen.every((pull) => pull.state !== 'open');
  const saved = await applyPlan(
    deps,
    state.id,
    { event: over ? 'delivered' : 'pull_changed', actor: 'forge' },
    (next, now) => {
      if (next.status !== 'complete' || next.run !== state.run) return undefined;
      return { ...next, pulls: seen, pendingCleanups: buildCleanup(deps, next, seen, now) };
    },
  );
  if (saved !== undefined)
    await enqueueWakeUps(deps, [
      { type: 'reconcile_plan', v: 1, plan: state.id },
      { type: 'push', v: 1, plan: state.id },
    ]);
  return true;
}

/** Once all are merged the branches of the run may go; what was closed may be opened again for some days. */
export function buildCleanup(
  { settings }: EngineDeps,
  { run, pendingCleanups: cleanup }: PlanState,
  pulls: readonly RootPull[],
  now: number,
): PlanState['pendingCleanups'] {
  const others = cleanup.filter((one) => one.run !== run);
  if (pulls.length === 0 || pulls.some((pull) => pull.state === 'open')) return others;
  const isMerged = pulls.every((pull) => pull.state === 'merged' && pull.wasMergedEarly !== true);
  return [...others, { run, at: isMerged ? now : now + settings.keepDays * 86_400_000 }];
}

/** A closed one may be reopened for as long as its branches are there. */
async function loadPullStates(deps: EngineDeps, state: PlanState): Promise<RootPull[]> {
  const kept =
    state.pulls.some((pull) => pull.state === 'open') ||
    state.pendingCleanups.some((run) => run.run === state.run && run.swept !== true);
  const seen: RootPull[] = [];
  for (const pull of state.pulls) {
    const mayMove = pull.state === 'open' || (pull.state === 'closed' && kept);
    if (pull.number === undefined || !mayMove) seen.push(pull);
    else {
      const found = await resolveForge(deps, state, pull.repo).readPull(pull.repo, pull.number);
      seen.push({ ...pull, state: found.state });
    }
  }
  return seen;
}

/** A reviewer asked for changes on a simple plan's pull request: the plan goes on. */
async function reactivateIfSentBack(deps: EngineDeps, plan: StoredPlan): Promise<boolean> {
  const end = plan.state.ends[0];
  const main =
    end === undefined
      ? undefined
      : await loadTask(deps.table, { plan: plan.state.id, run: plan.state.run, task: end.task });
  if (main === undefined || isTaskSettled(main.state.status)) return false;
  await applyPlan(deps, plan.state.id, { event: 'sent_back', actor: 'forge' }, (next) => {
    if (next.status !== 'complete') return undefined;
    const cleanup = next.pendingCleanups.filter((run) => run.run !== next.run);
    return { ...next, status: 'active', pendingCleanups: cleanup, finishedAt: undefined };
  });
  await enqueueWakeUps(deps, [
    { type: 'reconcile_plan', v: 1, plan: plan.state.id },
    { type: 'schedule', v: 1, tasks: [toTaskKey(main.state)] },
  ]);
  return true;
}
