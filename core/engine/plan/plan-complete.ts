import type { TaskStatus } from '../../contract/task.ts';
import { isSimple, type RootPull } from '../../lifecycle/plan-state.ts';
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
  const seen: RootPull[] = [];
  for (const pull of state.pulls) {
    if (pull.number === undefined || pull.state !== 'open') seen.push(pull);
    else
      seen.push({
        ...pull,
        state: (await forgeOf(deps, state, pull.repo).pull(pull.repo, pull.number)).state,
      });
  }
  const moved = seen.some((pull, index) => pull.state !== state.pulls[index]?.state);
  if (!moved) {
    await settlePlan(deps.table, plan, dueOfRuns(plan));
    return;
  }
  const over = seen.every((pull) => pull.state !== 'open');
  const saved = await applyPlan(
    deps,
    state.id,
    { event: over ? 'delivered' : 'pull_changed', actor: 'forge' },
    (next, now) => {
      if (next.status !== 'complete' || next.run !== state.run) return undefined;
      const merged = seen.every((pull) => pull.state === 'merged');
      const at = merged ? now : now + deps.settings.keepDays * 86_400_000;
      return {
        ...next,
        pulls: seen,
        cleanup: over ? [...next.cleanup, { run: next.run, at }] : next.cleanup,
      };
    },
  );
  if (saved === undefined) return;
  await hintAll(deps, [
    { type: 'drive_plan', v: 1, plan: state.id },
    { type: 'push', v: 1, plan: state.id },
  ]);
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
