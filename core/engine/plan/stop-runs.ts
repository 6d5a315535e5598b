import { isAppError } from '../../base/app-error.ts';
import { formatRootBranch, formatRunPrefix } from '../../contract/branch-name.ts';
import type { PlanState } from '../../plan-state/plan-state.ts';
import { buildRunNodes } from '../../plan-state/run-nodes.ts';
import { PLATFORM_LABEL } from '../../pull-text/render-pull.ts';
import type { StoredPlan } from '../../store/plan-store.ts';
import { loadTask } from '../../store/task-store.ts';
import { enqueueWakeUps } from '../announce/enqueue-wake-ups.ts';
import { applyPlan } from '../apply/apply-plan.ts';
import { applyTask } from '../apply/apply-task.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { MAX_HANDLER_LIFETIME_MS } from '../engine-deps.ts';
import { mapInParallel } from '../map-in-parallel.ts';
import { resolveForge } from '../pull/task-pull.ts';
import { requireRevision } from '../revision/revision.ts';
import { recordPullChanges } from './reconcile-complete-plan.ts';

/** After the first failure; then twice as long each time. */
const FIRST_CLEANUP_RETRY_MS = 900_000;
const MAX_CLEANUP_RETRY_MS = 86_400_000;
const TASKS_PER_SLICE = 200;
/** So long it goes on with what it has loaded, before it says how far it is. */
const MAX_PASS_MS = 15_000;

/**
 * Cancels what is left of a run that was stopped, in slices; then closes its root pull requests. What a handler that had
 * not heard of the stop did in its last moments is found by a second pass.
 */
export async function stopRuns(deps: EngineDeps, plan: StoredPlan): Promise<void> {
  const { state } = plan;
  const ending = state.stoppingRuns.find((one) => one.dueAt <= deps.clock.now());
  if (ending === undefined) return;
  const nodes =
    ending.revision === 0
      ? []
      : buildRunNodes(state, await requireRevision(deps, state, ending.revision));
  const until = deps.clock.now() + MAX_PASS_MS;
  let { cursor } = ending;
  do {
    const slice = nodes.slice(cursor, cursor + TASKS_PER_SLICE);
    await mapInParallel(slice, 8, async (node) => {
      const key = { plan: state.id, run: ending.run, task: node.id };
      if ((await loadTask(deps.table, key)) === undefined) return;
      await applyTask(deps, key, { type: 'cancel', reason: ending.reason }, { actor: 'engine' });
    });
    cursor += slice.length;
  } while (cursor < nodes.length && deps.clock.now() < until);
  const swept = cursor >= nodes.length;
  if (swept) await closeRootPulls(deps, plan, ending);
  await applyPlan(deps, state.id, { event: 'run_ending', actor: 'engine' }, (next, now) => {
    const current = next.stoppingRuns.find((one) => one.run === ending.run);
    if (current === undefined || current.swept !== ending.swept) return undefined;
    const others = next.stoppingRuns.filter((one) => one !== current);
    if (!swept) return { ...next, stoppingRuns: [{ ...current, cursor }, ...others] };
    const later = { ...current, cursor: 0, swept: true, dueAt: now + MAX_HANDLER_LIFETIME_MS };
    if (current.swept !== true) return { ...next, stoppingRuns: [...others, later] };
    const at = now + deps.settings.keepDays * 86_400_000;
    const cleanup = next.pendingCleanups.filter((run) => run.run !== current.run);
    return {
      ...next,
      stoppingRuns: others,
      pendingCleanups: [...cleanup, { run: current.run, at }],
    };
  });
  await enqueueWakeUps(deps, [
    { type: 'reconcile_plan', v: 1, plan: state.id },
    { type: 'push', v: 1, plan: state.id },
  ]);
}

async function closeRootPulls(
  deps: EngineDeps,
  { state }: StoredPlan,
  ending: PlanState['stoppingRuns'][number],
): Promise<void> {
  const head = formatRootBranch(deps.settings.prefix, { plan: state.id, run: ending.run });
  for (const { name, base } of state.repositories) {
    if (base === '') continue;
    await ignoreMissingRepository(async () => {
      const forge = resolveForge(deps, state, name);
      const pull = await forge.findPull(name, { head, base, labels: [PLATFORM_LABEL] });
      if (pull?.state === 'open') await forge.closePull(name, pull.number);
    });
  }
}

/** In a repository that is gone nothing is left to do. */
async function ignoreMissingRepository(act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!isAppError(error, 'notFound')) throw error;
  }
}

/**
 * Deletes the branches of runs whose time has come; what cannot be deleted is tried again later and holds nothing up. A second
 * pass finds what a handler that had not heard of it put back in its last moments.
 */
export async function cleanUpRuns(deps: EngineDeps, plan: StoredPlan): Promise<void> {
  const { state } = plan;
  const now = deps.clock.now();
  const due = state.pendingCleanups.filter((run) => run.at <= now);
  const left: PlanState['pendingCleanups'] = [];
  for (const { run, tries = 0, swept } of due) {
    try {
      // A person may have reopened or merged what was closed, and nobody told us.
      const isWatched = run === state.run && state.status === 'complete';
      if (isWatched && (await recordPullChanges(deps, plan))) return;
      await deleteRunBranches(deps, plan, run);
      if (swept !== true) left.push({ run, at: now + MAX_HANDLER_LIFETIME_MS, swept: true });
    } catch (error) {
      const waitMs = Math.min(FIRST_CLEANUP_RETRY_MS * 2 ** tries, MAX_CLEANUP_RETRY_MS);
      left.push({ run, at: now + waitMs, tries: tries + 1, ...(swept && { swept }) });
      deps.log.warn('branches could not be deleted', { plan: state.id, run, cause: String(error) });
    }
  }
  await applyPlan(deps, state.id, { event: 'cleaned_up', actor: 'engine' }, (next) => {
    const others = next.pendingCleanups.filter((run) => !due.some((one) => one.run === run.run));
    return { ...next, pendingCleanups: [...others, ...left] };
  });
}

async function deleteRunBranches(deps: EngineDeps, plan: StoredPlan, run: number): Promise<void> {
  const prefix = formatRunPrefix(deps.settings.prefix, plan.state.id, run);
  for (const repository of plan.state.repositories) {
    const forge = deps.forges[repository.forge];
    await ignoreMissingRepository(async () => {
      const branches = await forge.listBranches(repository.name, prefix);
      await mapInParallel(branches, 4, (branch) =>
        forge.deleteBranch(repository.name, branch.name),
      );
    });
  }
}
