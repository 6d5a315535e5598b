import { formatRootBranch } from '../../contract/branch-name.ts';
import type { Condition } from '../../contract/plan.ts';
import type { PlanState, RootPull } from '../../plan-state/plan-state.ts';
import { addCondition, removeCondition } from '../../plan-state/plan-state.ts';
import type { StoredPlan } from '../../store/plan-store.ts';
import type { StoredTask } from '../../store/task-store.ts';
import { toTaskKey } from '../../store/task-store.ts';
import { enqueueWakeUps } from '../announce/enqueue-wake-ups.ts';
import { applyPlan } from '../apply/apply-plan.ts';
import { applyTask } from '../apply/apply-task.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { buildRootPullContent } from '../pull/pull-content.ts';
import { resolveForge } from '../pull/task-pull.ts';
import { buildCleanup } from './reconcile-complete-plan.ts';

// The end of a plan: its root pull requests are handed to a person.

/** Every end is verified: the root pull requests get their final text and are made ready, all of them or none is said to be. */
export async function finishPlan(
  deps: EngineDeps,
  plan: StoredPlan,
  ends: readonly (StoredTask | undefined)[],
): Promise<void> {
  const { state } = plan;
  if (await reopenMovedEnds(deps, state, ends)) return;
  const ready: RootPull[] = [];
  for (const pull of state.pulls) {
    if (pull.number === undefined || pull.nodeId === undefined) continue;
    const forge = resolveForge(deps, state, pull.repo);
    const { state: now, headSha } = await forge.readPull(pull.repo, pull.number);
    if (now !== 'open') {
      const end = ends.find((one) => one?.state.repo === pull.repo);
      const partly = now === 'merged' && headSha !== end?.state.mergeSha;
      ready.push({
        ...pull,
        ready: now === 'merged',
        state: now,
        ...(partly && { wasMergedEarly: partly }),
      });
      continue;
    }
    const content = await buildRootPullContent(deps, state, pull.repo);
    await forge.updatePull(pull.repo, pull.number, content);
    await forge.markReady(pull.repo, { number: pull.number, nodeId: pull.nodeId });
    ready.push({ ...pull, ready: true });
  }
  await completePlan(deps, plan, ready);
}

/** Somebody put something on a root branch after it was verified as a whole: it is verified again. */
async function reopenMovedEnds(
  deps: EngineDeps,
  plan: PlanState,
  ends: readonly (StoredTask | undefined)[],
): Promise<boolean> {
  let moved = false;
  for (const end of ends) {
    if (end === undefined) continue;
    const branch = formatRootBranch(deps.settings.prefix, { plan: plan.id, run: plan.run });
    const root = await resolveForge(deps, plan, end.state.repo).readBranchHead(
      end.state.repo,
      branch,
    );
    if (root === undefined || root === end.state.mergeSha) continue;
    moved = true;
    const options = { actor: 'forge', loaded: end, observed: true };
    await applyTask(deps, toTaskKey(end.state), { type: 'root_moved', root }, options);
  }
  return moved;
}

/** What came after has no pull request of its own: a merged one takes up nothing more. */
function buildMergedEarlyCondition(
  deps: EngineDeps,
  pulls: readonly RootPull[],
  now: number,
): Condition {
  const which = pulls.map(({ repo, number, branch }) => `#${number} of ${repo} (branch ${branch})`);
  const message =
    `${which.join(', ')} was merged before everything was in it: open another pull request from that branch for the rest; ` +
    `the branch is kept for ${deps.settings.keepDays} days`;
  return { level: 'warning', code: 'merged_early', message, at: now };
}

export async function completePlan(
  deps: EngineDeps,
  plan: StoredPlan,
  pulls: RootPull[],
): Promise<void> {
  await applyPlan(deps, plan.state.id, { event: 'completed', actor: 'engine' }, (state, now) => {
    if (state.status !== 'active' || state.run !== plan.state.run) return undefined;
    const calm = removeCondition(removeCondition(state, 'plan_halted'), 'step_failed');
    const early = pulls.filter((pull) => pull.wasMergedEarly === true);
    const told =
      early.length === 0 ? calm : addCondition(calm, buildMergedEarlyCondition(deps, early, now));
    return {
      ...told,
      status: 'complete',
      pulls,
      // A person may have been faster.
      pendingCleanups: buildCleanup(deps, told, pulls, now),
      finishedAt: now,
      haltedSince: undefined,
      haltNotified: undefined,
    };
  });
  await enqueueWakeUps(deps, [
    { type: 'reconcile_plan', v: 1, plan: plan.state.id },
    { type: 'push', v: 1, plan: plan.state.id },
  ]);
}
