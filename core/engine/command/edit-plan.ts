import { AppError } from '../../base/app-error.ts';
import type { Edit } from '../../contract/plan.ts';
import { applyEdits } from '../../graph/edit/apply-edits.ts';
import { requirePendingApproval } from '../../plan-state/plan-state.ts';
import type { Revision } from '../../store/plan-store.ts';
import { putRevision } from '../../store/plan-store.ts';
import { applyPlan, requirePlan } from '../apply/apply-transition.ts';
import type { TaskWriteDeps } from '../engine-deps.ts';
import { buildRevision, requireRevision, requireValidGraph } from '../revision/revision.ts';
import { requireNewestRevision } from './require-newest-revision.ts';

type PlanEdit = { readonly revision: number; readonly edits: Edit[]; readonly note?: string };

/**
 * Applies all edits or none, and returns the new revision. Throws `plan_status`, `invalid_edit`, `invalid_graph`, or
 * `revision_moved` with the newer changes if `input.revision` is not the newest revision.
 */
export async function editPlan(
  deps: TaskWriteDeps,
  id: string,
  input: PlanEdit,
  actor: string,
): Promise<Revision> {
  const state = requirePendingApproval((await requirePlan(deps, id)).state, 'edited');
  await requireNewestRevision(deps, state, input.revision);
  const before = await requireRevision(deps, state, input.revision);
  const edited = applyEdits(before.tasks, input.edits);
  if ('problems' in edited)
    throw new AppError(
      'invalid',
      'invalid_edit',
      edited.problems.map((problem) => problem.message).join('\n'),
      { details: { problems: edited.problems } },
    );
  requireValidGraph(state, edited.tasks);
  const tag = deps.newId();
  const revision = buildRevision(deps, state, edited.tasks, {
    revision: input.revision + 1,
    by: actor,
    note: input.note ?? '',
  });
  await putRevision(deps.table, id, tag, revision);
  const { tasks, forecast } = revision;
  const event = {
    type: 'edited',
    replaces: input.revision,
    tag,
    taskCount: tasks.length,
    forecast,
  } as const;
  const applied = await applyPlan(deps, id, event, { actor });
  // A write whose response was lost is repeated. The repeated write changes nothing, but finds the tag of the new revision.
  if (applied.kind === 'noop' && !applied.plan.state.revisionTags.includes(tag)) {
    await requireNewestRevision(deps, applied.plan.state, input.revision);
    requirePendingApproval(applied.plan.state, 'edited');
  }
  return revision;
}
