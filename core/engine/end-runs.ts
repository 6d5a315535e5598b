import { runPrefix } from '../lifecycle/branch.ts';
import { runNodes } from '../lifecycle/nodes.ts';
import type { StoredPlan } from '../store/plan-store.ts';
import { loadTask } from '../store/task-store.ts';
import { applyPlan } from './apply-plan.ts';
import { applyTask, hintAll } from './apply-task.ts';
import type { EngineDeps } from './deps.ts';
import { inParallel } from './in-parallel.ts';
import { forgeOf } from './promote.ts';
import { requireRevision } from './revision.ts';

const SLICE = 200;

/** Cancels what is left of a run that was stopped, in slices; then closes its root pull requests. */
export async function endRuns(deps: EngineDeps, plan: StoredPlan): Promise<void> {
  const { state } = plan;
  const ending = state.ending[0];
  if (ending === undefined) return;
  const nodes =
    ending.revision === 0
      ? []
      : runNodes(state, await requireRevision(deps, state, ending.revision));
  const slice = nodes.slice(ending.cursor, ending.cursor + SLICE);
  await inParallel(slice, 8, async (node) => {
    const key = { plan: state.id, run: ending.run, task: node.id };
    if ((await loadTask(deps.table, key)) === undefined) return;
    await applyTask(deps, key, { type: 'cancel', reason: ending.reason }, { actor: 'engine' });
  });
  const cursor = ending.cursor + slice.length;
  const done = cursor >= nodes.length;
  if (done) await closeRootPulls(deps, plan, ending.pulls);
  await applyPlan(
    deps,
    state.id,
    { event: done ? 'run_ended' : 'run_ending', actor: 'engine' },
    (next, now) => {
      const [first, ...rest] = next.ending;
      if (first === undefined || first.run !== ending.run) return undefined;
      if (!done) return { ...next, ending: [{ ...first, cursor }, ...rest] };
      const at = now + deps.settings.keepDays * 86_400_000;
      return {
        ...next,
        ending: rest,
        cleanup: [...next.cleanup.filter((run) => run.run !== first.run), { run: first.run, at }],
      };
    },
  );
  await hintAll(deps, [
    { type: 'drive_plan', v: 1, plan: state.id },
    { type: 'push', v: 1, plan: state.id },
  ]);
}

async function closeRootPulls(
  deps: EngineDeps,
  plan: StoredPlan,
  pulls: readonly { repo: string; number: number }[],
): Promise<void> {
  for (const { repo, number } of pulls) {
    const forge = forgeOf(deps, plan.state, repo);
    if ((await forge.pull(repo, number)).state === 'open') await forge.closePull(repo, number);
  }
}

/** Deletes the branches of runs whose time has come. */
export async function cleanUpRuns(deps: EngineDeps, plan: StoredPlan): Promise<void> {
  const { state } = plan;
  const now = deps.clock.now();
  const due = state.cleanup.filter((run) => run.at <= now);
  for (const { run } of due) {
    for (const repository of state.repositories) {
      const forge = deps.forges[repository.forge];
      const branches = await forge.listBranches(
        repository.name,
        runPrefix(deps.settings.prefix, state.id, run),
      );
      await inParallel(branches, 4, (branch) => forge.deleteBranch(repository.name, branch.name));
    }
  }
  await applyPlan(deps, state.id, { event: 'cleaned_up', actor: 'engine' }, (next) => {
    const cleanup = next.cleanup.filter((run) => !due.some((one) => one.run === run.run));
    return cleanup.length === next.cleanup.length ? undefined : { ...next, cleanup };
  });
}
