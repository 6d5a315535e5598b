import { AppError } from '../../base/app-error.ts';
import { describeDiff, diffGraphs } from '../../graph/edit/diff-graphs.ts';
import type { PlanState } from '../../plan-state/plan-state.ts';
import type { StoreDeps } from '../engine-deps.ts';
import { requireRevision } from '../revision/revision.ts';

/** Maximum number of changes in the error message. */
const MAX_LISTED_CHANGES = 10;

/** Throws `revision_moved` with the changes since `revision` unless `revision` is the newest revision. */
export async function requireNewestRevision(
  deps: StoreDeps,
  plan: PlanState,
  revision: number,
): Promise<void> {
  if (plan.revision === revision) return;
  const [givenRevision, newestRevision] = await Promise.all([
    requireRevision(deps, plan, revision),
    requireRevision(deps, plan, plan.revision),
  ]);
  const diff = diffGraphs(givenRevision.tasks, newestRevision.tasks);
  const changes = describeDiff(diff).slice(0, MAX_LISTED_CHANGES).join('; ');
  const message = `the plan is at revision ${plan.revision}, by ${newestRevision.by}; changes since revision ${revision}: ${changes || 'none in its tasks'}; repeat the command with revision ${plan.revision}`;
  throw new AppError('conflict', 'revision_moved', message, {
    details: { revision: plan.revision, diff },
  });
}
