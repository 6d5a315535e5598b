import { isAppError } from '../../base/app-error.ts';
import { describeError } from '../../base/describe-error.ts';
import { formatRootBranch, formatRunPrefix } from '../../contract/id.ts';
import type { CleanupResult } from '../../plan-state/plan-event.ts';
import type { PlanState } from '../../plan-state/plan-state.ts';
import { buildRunNodes } from '../../plan-state/run-nodes.ts';
import { PLATFORM_LABEL } from '../../pull-text/render-pull.ts';
import { loadTask } from '../../store/task-store.ts';
import { applyPlan, applyTask } from '../apply/apply-transition.ts';
import type { EngineDeps, ForgeDeps, TaskWriteDeps } from '../engine-deps.ts';
import { mapInParallel } from '../map-in-parallel.ts';
import { resolveForge } from '../pull/task-pull.ts';
import { requireRevision } from '../revision/revision.ts';
import { recordPullChanges } from './reconcile-complete-plan.ts';

type StoppingRun = PlanState['stoppingRuns'][number];

const TASKS_PER_SLICE = 200;
const MAX_PARALLEL_TASKS = 8;
/** Time after which a call records its progress and leaves the remaining tasks to the next call, milliseconds. */
const MAX_CALL_MS = 15_000;

/** Cancels the tasks of the first stopped run that is due, then closes the root pull requests of that run. */
export async function stopRuns(deps: ForgeDeps, plan: PlanState): Promise<void> {
  const stopping = plan.stoppingRuns.find((run) => run.dueAt <= deps.clock.now());
  if (stopping === undefined) return;
  const nodes =
    stopping.revision === 0
      ? []
      : buildRunNodes(plan, await requireRevision(deps, plan, stopping.revision));
  const deadline = deps.clock.now() + MAX_CALL_MS;
  let { cursor } = stopping;
  do {
    const slice = nodes.slice(cursor, cursor + TASKS_PER_SLICE);
    await mapInParallel(slice, MAX_PARALLEL_TASKS, ({ id }) =>
      cancelTask(deps, plan, stopping, id),
    );
    cursor += slice.length;
  } while (cursor < nodes.length && deps.clock.now() < deadline);
  const isPassComplete = cursor >= nodes.length;
  if (isPassComplete) await closeRootPulls(deps, plan, stopping);
  const { run, isFirstPassDone: isSecondPass = false } = stopping;
  const event = { type: 'run_stopping', run, isSecondPass, cursor, isPassComplete } as const;
  await applyPlan(deps, plan.id, event, { actor: 'engine' });
}

async function cancelTask(
  deps: TaskWriteDeps,
  plan: PlanState,
  { run, reason }: StoppingRun,
  task: string,
): Promise<void> {
  const key = { plan: plan.id, run, task };
  if ((await loadTask(deps.table, key)) === undefined) return;
  await applyTask(deps, key, { type: 'cancel', reason }, { actor: 'engine' });
}

async function closeRootPulls(
  deps: Pick<EngineDeps, 'forges' | 'settings'>,
  plan: PlanState,
  { run }: StoppingRun,
): Promise<void> {
  const head = formatRootBranch(deps.settings.prefix, { plan: plan.id, run });
  for (const { name, base } of plan.repositories) {
    if (base === '') continue;
    await ignoreMissingRepository(async () => {
      const forge = resolveForge(deps, plan, name);
      const pull = await forge.findPull(name, { head, base, labels: [PLATFORM_LABEL] });
      if (pull?.state === 'open') await forge.closePull(name, pull.number);
    });
  }
}

/** Runs `work` and ignores a deleted repository, which has no pull requests or branches left. */
async function ignoreMissingRepository(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isAppError(error, 'notFound')) throw error;
  }
}

/** Deletes the branches of runs whose cleanup is due. A failed deletion is retried later. */
export async function cleanUpRuns(
  deps: Pick<EngineDeps, 'table' | 'queue' | 'forges' | 'clock' | 'log' | 'settings'>,
  plan: PlanState,
): Promise<void> {
  const now = deps.clock.now();
  const results: CleanupResult[] = [];
  for (const { run, at, isFirstPassDone: isSecondPass = false } of plan.pendingCleanups) {
    if (at > now) continue;
    try {
      // A person may have reopened or merged a closed pull request, and the webhook may have been lost.
      const isCurrent = run === plan.run && plan.status === 'complete';
      if (isCurrent && (await recordPullChanges(deps, plan))) return;
      await deleteRunBranches(deps, plan, run);
      results.push({ run, isSecondPass, isDeleted: true });
    } catch (error) {
      results.push({ run, isSecondPass, isDeleted: false });
      const cause = describeError(error);
      deps.log.warn('branches could not be deleted', { plan: plan.id, run, cause });
    }
  }
  await applyPlan(deps, plan.id, { type: 'branches_cleaned_up', results }, { actor: 'engine' });
}

async function deleteRunBranches(
  deps: Pick<EngineDeps, 'forges' | 'settings'>,
  plan: PlanState,
  run: number,
): Promise<void> {
  const prefix = formatRunPrefix(deps.settings.prefix, plan.id, run);
  for (const { name, forge: kind } of plan.repositories) {
    const forge = deps.forges[kind];
    await ignoreMissingRepository(async () => {
      const branches = await forge.listBranches(name, prefix);
      await mapInParallel(branches, 4, (branch) => forge.deleteBranch(name, branch.name));
    });
  }
}
