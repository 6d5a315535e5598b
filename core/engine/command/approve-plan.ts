import { AppError } from '../../base/app-error.ts';
import { isPlanRunning } from '../../contract/plan-status.ts';
import type { PlanState } from '../../plan-state/plan-state.ts';
import { isSimple, requirePendingApproval, requireStatus } from '../../plan-state/plan-state.ts';
import { blocksPlan } from '../../plan-state/preflight-condition.ts';
import type { StoredPlan } from '../../store/plan-store.ts';
import { applyPlan, requirePlan } from '../apply/apply-transition.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { requireRevision, requireValidGraph } from '../revision/revision.ts';
import { requireNewestRevision } from './require-newest-revision.ts';

/** Approves a revision. A repeated approval of the same revision changes nothing. */
export async function approvePlan(
  deps: Pick<EngineDeps, 'table' | 'queue' | 'forges' | 'clock' | 'log' | 'settings'>,
  id: string,
  revision: number,
  actor: string,
): Promise<StoredPlan> {
  const plan = await requirePlan(deps, id);
  if (isApproved(plan.state, revision)) return plan;
  const state = requirePendingApproval(plan.state, 'approved');
  await requireNewestRevision(deps, state, revision);
  requireValidGraph(state, (await requireRevision(deps, state, revision)).tasks);
  await requirePassedPreflight(deps, state);
  const applied = await applyPlan(deps, id, { type: 'approved', revision }, { actor });
  // A write whose response was lost is repeated. The repeated write changes nothing, but finds the revision approved. Otherwise no
  // status is acceptable, and the call throws.
  if (applied.plan.state.approvedRevision !== revision)
    requireStatus(applied.plan.state, [], 'another person changed the plan at the same time');
  return applied.plan;
}

function isApproved({ status, approvedRevision }: PlanState, revision: number): boolean {
  return isPlanRunning(status) && approvedRevision === revision;
}

/** Throws `preflight` if a rule of the forge would block the finished work of the plan. */
async function requirePassedPreflight(
  deps: Pick<EngineDeps, 'forges' | 'settings'>,
  plan: PlanState,
): Promise<void> {
  const findings = await Promise.all(
    plan.repositories.map(({ forge, name, base }) =>
      deps.forges[forge].runPreflight(name, base, deps.settings.prefix),
    ),
  );
  const blocking = findings.flat().filter((finding) => blocksPlan(finding, isSimple(plan)));
  if (blocking.length === 0) return;
  const messages = blocking.map((finding) => finding.message);
  throw new AppError('conflict', 'preflight', messages.join('\n'), {
    details: { findings: blocking },
  });
}
