import type { z } from 'zod';
import { AppError } from '../../base/app-error.ts';
import type { restartSchema } from '../../contract/plan.ts';
import type { PlanEventOf } from '../../plan-state/plan-event.ts';
import type { PlanState } from '../../plan-state/plan-state.ts';
import { requireCurrentRun, requireStatus } from '../../plan-state/plan-state.ts';
import type { StoredPlan } from '../../store/plan-store.ts';
import { applyPlan, requirePlan } from '../apply/apply-transition.ts';
import type { ForgeDeps } from '../engine-deps.ts';
import { resolveForge } from '../pull/task-pull.ts';

/** Request of a new run, with the defaults of the API. */
export type RestartRequest = z.infer<typeof restartSchema>;

/**
 * Starts a new run after the run number `run`. A repeated request starts no second run. A plan that never started is planned again
 * from the present heads of its base branches, but keeps its graph. Throws `ready_pull_open` if the restart would close a pull
 * request that waits for a merge and the request does not confirm this.
 */
export async function restartPlan(
  deps: ForgeDeps,
  id: string,
  { run, base, closeReady }: RestartRequest,
  actor: string,
): Promise<StoredPlan> {
  const current = (await requirePlan(deps, id)).state;
  if (current.run === run && !closeReady) requireNoReadyPull(current);
  const isStarted = current.approvedRevision !== undefined;
  const bases = base === 'current' && isStarted ? await readBases(deps, current) : undefined;
  const event = { type: 'restarted', run, ...(bases && { bases }) } as const;
  const { kind, plan } = await applyPlan(deps, id, event, { actor });
  if (kind === 'changed' || plan.state.run === run + 1) return plan;
  // The event changes every plan that can be restarted, except during the activation: no task of the run has started, so the run
  // simply continues.
  requireStatus(
    requireCurrentRun(plan.state, run),
    ['activating'],
    'a plan can be restarted after it was approved, rejected or cancelled, or has failed',
  );
  return plan;
}

function requireNoReadyPull({ id, status, pulls }: PlanState): void {
  const ready = pulls.filter((pull) => status === 'complete' && pull.state === 'open');
  if (ready.length === 0) return;
  const names = ready.map(({ repo, number }) => `#${number} of ${repo}`).join(', ');
  throw new AppError(
    'conflict',
    'ready_pull_open',
    `the finished work of plan ${id} waits for a merge: a restart closes pull request ${names} and does all tasks again`,
    { details: { pulls: ready.map(({ repo, number, url }) => ({ repo, number, url })) } },
  );
}

/** Reads the present heads of the base branches. Throws `base_unknown` for a branch that no longer exists. */
async function readBases(
  deps: ForgeDeps,
  plan: PlanState,
): Promise<NonNullable<PlanEventOf<'restarted'>['bases']>> {
  const bases: { readonly repo: string; readonly sha: string }[] = [];
  for (const { name, base } of plan.repositories) {
    const sha = await resolveForge(deps, plan, name).readBranchHead(name, base);
    if (sha === undefined)
      throw new AppError('conflict', 'base_unknown', `${name} has no branch ${base}`);
    bases.push({ repo: name, sha });
  }
  return bases;
}
