import { formatRootBranch } from '../../contract/id.ts';
import type { PlanState, RootPull } from '../../plan-state/plan-state.ts';
import type { StoredPlan } from '../../store/plan-store.ts';
import type { StoredTask } from '../../store/task-store.ts';
import { toTaskKey } from '../../store/task-store.ts';
import { applyPlan, applyTask } from '../apply/apply-transition.ts';
import type { EngineDeps, ForgeDeps, PlanWriteDeps } from '../engine-deps.ts';
import { buildRootPullContent } from '../pull/root-pull.ts';
import { resolveForge } from '../pull/task-pull.ts';

/** End task of each repository of the plan. The `mergeSha` of a verified end task is the verified root commit. */
type EndTasks = readonly (StoredTask | undefined)[];

/**
 * Makes the root pull requests of a plan ready for review, with their final text, and completes the plan. If a root branch has
 * moved since its verification, requests a new verification and leaves the plan active.
 */
export async function makeRootPullsReady(
  deps: ForgeDeps,
  { state }: StoredPlan,
  endTasks: EndTasks,
): Promise<void> {
  if (await reverifyMovedRoots(deps, state, endTasks)) return;
  const pulls: RootPull[] = [];
  for (const pull of state.pulls) {
    const finished = await finishRootPull(deps, state, pull, endTasks);
    if (finished !== undefined) pulls.push(finished);
  }
  await recordCompletion(deps, state, pulls);
}

async function finishRootPull(
  deps: Pick<EngineDeps, 'table' | 'forges' | 'clock'>,
  plan: PlanState,
  pull: RootPull,
  endTasks: EndTasks,
): Promise<RootPull | undefined> {
  const { repo, number, nodeId } = pull;
  if (number === undefined || nodeId === undefined) return undefined;
  const forge = resolveForge(deps, plan, repo);
  const { state, headSha } = await forge.readPull(repo, number);
  if (state !== 'open') {
    const end = endTasks.find((candidate) => candidate?.state.repo === repo);
    const wasMergedEarly = state === 'merged' && headSha !== end?.state.mergeSha;
    return {
      ...pull,
      ready: state === 'merged',
      state,
      ...(wasMergedEarly && { wasMergedEarly }),
    };
  }
  await forge.updatePull(repo, number, await buildRootPullContent(deps, plan, repo));
  await forge.markReady(repo, { number, nodeId });
  return { ...pull, ready: true };
}

/** Requests a new verification of each root branch that has moved since its verification. Returns true if any branch has moved. */
async function reverifyMovedRoots(
  deps: ForgeDeps,
  plan: PlanState,
  endTasks: EndTasks,
): Promise<boolean> {
  const branch = formatRootBranch(deps.settings.prefix, { plan: plan.id, run: plan.run });
  let hasMovedRoot = false;
  for (const end of endTasks) {
    if (end === undefined) continue;
    const { repo, mergeSha } = end.state;
    const root = await resolveForge(deps, plan, repo).readBranchHead(repo, branch);
    if (root === undefined || root === mergeSha) continue;
    hasMovedRoot = true;
    const options = { actor: 'forge', loaded: end, onlyIfUnchanged: true };
    await applyTask(deps, toTaskKey(end.state), { type: 'root_moved', root }, options);
  }
  return hasMovedRoot;
}

/** Records that the plan is complete, with the pull requests that wait for a person. */
export async function recordCompletion(
  deps: PlanWriteDeps,
  { id, run }: PlanState,
  pulls: RootPull[],
): Promise<void> {
  await applyPlan(deps, id, { type: 'completed', run, pulls }, { actor: 'engine' });
}
