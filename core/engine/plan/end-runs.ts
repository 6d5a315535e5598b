import { isAppError } from '../../error.ts';
import { rootBranch, runPrefix } from '../../lifecycle/branch.ts';
import { runNodes } from '../../lifecycle/nodes.ts';
import type { PlanState } from '../../lifecycle/plan-state.ts';
import { OWN_LABEL } from '../../plan/own-label.ts';
import type { StoredPlan } from '../../store/plan-store.ts';
import { loadTask } from '../../store/task-store.ts';
import { applyPlan } from '../apply-plan.ts';
import { applyTask, hintAll } from '../apply-task.ts';
import type { EngineDeps } from '../deps.ts';
import { HANDLER_SPAN_MS } from '../handler-span.ts';
import { inParallel } from '../in-parallel.ts';
import { forgeOf } from '../task/task-forge.ts';
import { recordMoves } from './plan-complete.ts';
import { requireRevision } from './revision.ts';

/** After the first failure; then twice as long each time. */
const CLEAN_UP_AGAIN_MS = 900_000;
const LONGEST_AGAIN_MS = 86_400_000;
const SLICE = 200;
/** So long it goes on with what it has loaded, before it says how far it is. */
const TURN_MS = 15_000;

/**
 * Cancels what is left of a run that was stopped, in slices; then closes its root pull requests. What a handler that had
 * not heard of the stop did in its last moments is found by a second pass.
 */
export async function endRuns(deps: EngineDeps, plan: StoredPlan): Promise<void> {
  const { state } = plan;
  const ending = state.ending.find((one) => one.dueAt <= deps.clock.now());
  if (ending === undefined) return;
  const nodes =
    ending.revision === 0
      ? []
      : runNodes(state, await requireRevision(deps, state, ending.revision));
  const until = deps.clock.now() + TURN_MS;
  let { cursor } = ending;
  do {
    const slice = nodes.slice(cursor, cursor + SLICE);
    await inParallel(slice, 8, async (node) => {
      const key = { plan: state.id, run: ending.run, task: node.id };
      if ((await loadTask(deps.table, key)) === undefined) return;
      await applyTask(deps, key, { type: 'cancel', reason: ending.reason }, { actor: 'engine' });
    });
    cursor += slice.length;
  } while (cursor < nodes.length && deps.clock.now() < until);
  const swept = cursor >= nodes.length;
  if (swept) await closeRootPulls(deps, plan, ending);
  await applyPlan(deps, state.id, { event: 'run_ending', actor: 'engine' }, (next, now) => {
    const current = next.ending.find((one) => one.run === ending.run);
    if (current === undefined || current.swept !== ending.swept) return undefined;
    const others = next.ending.filter((one) => one !== current);
    if (!swept) return { ...next, ending: [{ ...current, cursor }, ...others] };
    const later = { ...current, cursor: 0, swept: true, dueAt: now + HANDLER_SPAN_MS };
    if (current.swept !== true) return { ...next, ending: [...others, later] };
    const at = now + deps.settings.keepDays * 86_400_000;
    const cleanup = next.cleanup.filter((run) => run.run !== current.run);
    return { ...next, ending: others, cleanup: [...cleanup, { run: current.run, at }] };
  });
  await hintAll(deps, [
    { type: 'drive_plan', v: 1, plan: state.id },
    { type: 'push', v: 1, plan: state.id },
  ]);
}

async function closeRootPulls(
  deps: EngineDeps,
  { state }: StoredPlan,
  ending: PlanState['ending'][number],
): Promise<void> {
  const head = rootBranch(deps.settings.prefix, { plan: state.id, run: ending.run });
  for (const { name, base } of state.repositories) {
    if (base === '') continue;
    await unlessGone(async () => {
      const forge = forgeOf(deps, state, name);
      const pull = await forge.findPull(name, { head, base, labels: [OWN_LABEL] });
      if (pull?.state === 'open') await forge.closePull(name, pull.number);
    });
  }
}

/** In a repository that is gone nothing is left to do. */
async function unlessGone(act: () => Promise<void>): Promise<void> {
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
  const due = state.cleanup.filter((run) => run.at <= now);
  const left: PlanState['cleanup'] = [];
  for (const { run, tries = 0, swept } of due) {
    try {
      // A person may have reopened or merged what was closed, and nobody told us.
      const isWatched = run === state.run && state.status === 'complete';
      if (isWatched && (await recordMoves(deps, plan))) return;
      await deleteBranches(deps, plan, run);
      if (swept !== true) left.push({ run, at: now + HANDLER_SPAN_MS, swept: true });
    } catch (error) {
      const waitMs = Math.min(CLEAN_UP_AGAIN_MS * 2 ** tries, LONGEST_AGAIN_MS);
      left.push({ run, at: now + waitMs, tries: tries + 1, ...(swept && { swept }) });
      deps.log.warn('branches could not be deleted', { plan: state.id, run, cause: String(error) });
    }
  }
  await applyPlan(deps, state.id, { event: 'cleaned_up', actor: 'engine' }, (next) => {
    const others = next.cleanup.filter((run) => !due.some((one) => one.run === run.run));
    return { ...next, cleanup: [...others, ...left] };
  });
}

async function deleteBranches(deps: EngineDeps, plan: StoredPlan, run: number): Promise<void> {
  const prefix = runPrefix(deps.settings.prefix, plan.state.id, run);
  for (const repository of plan.state.repositories) {
    const forge = deps.forges[repository.forge];
    await unlessGone(async () => {
      const branches = await forge.listBranches(repository.name, prefix);
      await inParallel(branches, 4, (branch) => forge.deleteBranch(repository.name, branch.name));
    });
  }
}
