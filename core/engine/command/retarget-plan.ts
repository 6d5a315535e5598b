import { AppError } from '../../base/app-error.ts';
import type { PlanState } from '../../plan-state/plan-state.ts';
import { isSimple, requireStatus } from '../../plan-state/plan-state.ts';
import type { StoredPlan } from '../../store/plan-store.ts';
import { applyPlan, requirePlan } from '../apply/apply-transition.ts';
import type { ForgeDeps } from '../engine-deps.ts';
import { resolveForge } from '../pull/task-pull.ts';

/** Repository of a plan, "owner/name", and the new base branch of its result. */
export type RetargetRequest = { readonly repo: string; readonly base: string };

/**
 * Changes the base branch that receives the result of a plan, for example after a rename of the branch. The work itself still starts
 * from the same commit. A repeated request changes nothing.
 */
export async function retargetPlan(
  deps: ForgeDeps,
  id: string,
  { repo, base }: RetargetRequest,
  actor: string,
): Promise<StoredPlan> {
  const plan = (await requirePlan(deps, id)).state;
  requireStatus(
    plan,
    isSimple(plan) ? ['complete'] : ['active', 'complete'],
    'another base branch can be chosen while the result of the plan is not delivered',
  );
  if (!plan.repositories.some(({ name }) => name === repo))
    throw new AppError('invalid', 'repository_unknown', `plan ${id} does not use ${repo}`);
  const forge = resolveForge(deps, plan, repo);
  if ((await forge.readBranchHead(repo, base)) === undefined)
    throw new AppError('conflict', 'base_unknown', `${repo} has no branch ${base}`);
  const pull = requireOpenPull(plan, repo);
  if (pull !== undefined) await forge.changePullBase(repo, pull, base);
  return (await applyPlan(deps, id, { type: 'retargeted', repo, base }, { actor })).plan;
}

/** Returns the number of the root pull request; undefined if the plan has not opened the pull request yet. */
function requireOpenPull({ pulls }: PlanState, repo: string): number | undefined {
  const pull = pulls.find((candidate) => candidate.repo === repo);
  if (pull?.number === undefined || pull.state === 'open') return pull?.number;
  throw new AppError(
    'conflict',
    'pull_not_open',
    `pull request #${pull.number} is ${pull.state}; open a pull request from ${pull.branch} to another base branch by hand`,
  );
}
