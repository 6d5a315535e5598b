import type { TaskStatus } from '../../contract/task.ts';
import { isSimple, type PlanState, type RootPull } from '../../lifecycle/plan-state.ts';
import { type StoredPlan, settlePlan } from '../../store/plan-store.ts';
import { loadTask, taskKeyOf } from '../../store/task-store.ts';
import { applyPlan } from '../apply-plan.ts';
import { hintAll } from '../apply-task.ts';
import type { EngineDeps } from '../deps.ts';
import { forgeOf } from '../task/task-forge.ts';
import { dueOfRuns } from './due-of-runs.ts';

/** A complete plan waits for a person to merge or close its pull requests; then its branches go. */
export async function watchComplete(deps: EngineDeps, plan: StoredPlan): Promise<void> {
  const { state } = plan;
  if (isSimple(state) && (await wasSentBack(deps, plan))) return;
  if (!(await recordMoves(deps, plan))) await settlePlan(deps.table, plan, dueOfRuns(plan));
}

/** Writes down which pull requests of a complete plan were merged, closed or reopened; false: none. */
export async function recordMoves(deps: EngineDeps, plan: StoredPlan): Promise<boolean> {
  const { state } = plan;
  const seen = await lookAtPulls(deps, state);
  const moved = seen.some((pull, index) => pull.state !== state.pulls[index]?.state);
  if (!moved) return false;
  const over = seen.every((pull) => pull.state !== 'open');
  const saved = await applyPlan(
    deps,
    state.id,
    { event: over ? 'delivered' : 'pull_changed', actor: 'forge' },
    (next, now) => {
      if (next.status !== 'complete' || next.run !== state.run) return undefined;
      return { ...next, pulls: seen, cleanup: cleanupOf(deps, next, seen, now) };
    },
  );
  if (saved !== undefined)
    await hintAll(deps, [
      { type: 'drive_plan', v: 1, plan: state.id },
      { type: 'push', v: 1, plan: state.id },
    ]);
  return true;
}

/** Once all are merged the branches of the run may go; what was closed may be opened again for some days. */
export function cleanupOf(
  { settings }: EngineDeps,
  { run, cleanup }: PlanState,
  pulls: readonly RootPull[],
  now: number,
): PlanState['cleanup'] {
  const others = cleanup.filter((one) => one.run !== run);
  if (pulls.length === 0 || pulls.some((pull) => pull.state === 'open')) return others;
  const isMerged = pulls.every((pull) => pull.state === 'merged' && pull.partly !== true);
  return [...others, { run, at: isMerged ? now : now + settings.keepDays * 86_400_000 }];
}

/** A closed one may be reopened for as long as its branches are there. */
async function lookAtPulls(deps: EngineDeps, state: PlanState): Promise<RootPull[]> {
  const kept =
    state.pulls.some((pull) => pull.state === 'open') ||
    state.cleanup.some((run) => run.run === state.run && run.swept !== true);
  const seen: RootPull[] = [];
  for (const pull of state.pulls) {
    const mayMove = pull.state === 'open' || (pull.state === 'closed' && kept);
    if (pull.number === undefined || !mayMove) seen.push(pull);
    else {
      const found = await forgeOf(deps, state, pull.repo).pull(pull.repo, pull.number);
      seen.push({ ...pull, state: found.state });
    }
  }
  return seen;
}

const SETTLED: readonly TaskStatus[] = ['in_review', 'merged', 'failed', 'cancelled'];

/** A reviewer asked for changes on a simple plan's pull request: the plan goes on. */
async function wasSentBack(deps: EngineDeps, plan: StoredPlan): Promise<boolean> {
  const end = plan.state.ends[0];
  const main =
    end === undefined
      ? undefined
      : await loadTask(deps.table, { plan: plan.state.id, run: plan.state.run, task: end.task });
  if (main === undefined || SETTLED.includes(main.state.status)) return false;
  await applyPlan(deps, plan.state.id, { event: 'sent_back', actor: 'forge' }, (next) => {
    if (next.status !== 'complete') return undefined;
    const cleanup = next.cleanup.filter((run) => run.run !== next.run);
    return { ...next, status: 'active', cleanup, finishedAt: undefined };
  });
  await hintAll(deps, [
    { type: 'drive_plan', v: 1, plan: plan.state.id },
    { type: 'schedule', v: 1, tasks: [taskKeyOf(main.state)] },
  ]);
  return true;
}
