import { isTaskSettled } from '../../contract/task-status.ts';
import { computeCleanupDue } from '../../plan-state/plan-due.ts';
import type { PlanState, RootPull } from '../../plan-state/plan-state.ts';
import { isSimple } from '../../plan-state/plan-state.ts';
import type { StoredPlan } from '../../store/plan-store.ts';
import { setPlanDue } from '../../store/plan-store.ts';
import { loadTask } from '../../store/task-store.ts';
import { applyPlan } from '../apply/apply-plan.ts';
import type { EngineDeps, PlanWriteDeps } from '../engine-deps.ts';
import { resolveForge } from '../pull/task-pull.ts';

/** Reconciles a complete plan, which waits until people have merged or closed its pull requests. */
export async function reconcileCompletePlan(
  deps: Pick<EngineDeps, 'table' | 'queue' | 'forges' | 'clock' | 'log' | 'settings'>,
  plan: StoredPlan,
): Promise<void> {
  if (isSimple(plan.state) && (await reactivateIfSentBack(deps, plan.state))) return;
  if (await recordPullChanges(deps, plan.state)) return;
  await setPlanDue(deps.table, plan, computeCleanupDue(plan.state));
}

/** Records which pull requests of a complete plan were merged, closed or reopened. Returns true if any state has changed. */
export async function recordPullChanges(
  deps: Pick<EngineDeps, 'table' | 'queue' | 'forges' | 'clock' | 'log' | 'settings'>,
  plan: PlanState,
): Promise<boolean> {
  const pulls = await loadPullStates(deps, plan);
  if (pulls.every((pull, index) => pull.state === plan.pulls[index]?.state)) return false;
  const isDelivered = pulls.every((pull) => pull.state !== 'open');
  const type = isDelivered ? 'delivered' : 'pulls_changed';
  await applyPlan(deps, plan.id, { type, run: plan.run, pulls }, { actor: 'forge' });
  return true;
}

/** Reads the states of the pull requests from the forge. A closed pull request can be reopened as long as its branch exists. */
async function loadPullStates(
  deps: Pick<EngineDeps, 'forges'>,
  plan: PlanState,
): Promise<RootPull[]> {
  const hasBranches =
    plan.pulls.some((pull) => pull.state === 'open') ||
    plan.pendingCleanups.some(
      ({ run, isFirstPassDone }) => run === plan.run && isFirstPassDone !== true,
    );
  const pulls: RootPull[] = [];
  for (const pull of plan.pulls) {
    const mayChange = pull.state === 'open' || (pull.state === 'closed' && hasBranches);
    if (pull.number === undefined || !mayChange) pulls.push(pull);
    else {
      const current = await resolveForge(deps, plan, pull.repo).readPull(pull.repo, pull.number);
      pulls.push({ ...pull, state: current.state });
    }
  }
  return pulls;
}

/** Makes a simple plan active again if a reviewer requested changes. Returns true if the plan is active again. */
async function reactivateIfSentBack(deps: PlanWriteDeps, plan: PlanState): Promise<boolean> {
  const { id, run } = plan;
  const task = plan.finalTasks[0]?.task;
  const simpleTask =
    task === undefined ? undefined : await loadTask(deps.table, { plan: id, run, task });
  if (task === undefined || simpleTask === undefined || isTaskSettled(simpleTask.state.status))
    return false;
  await applyPlan(deps, id, { type: 'sent_back', task }, { actor: 'forge' });
  return true;
}
