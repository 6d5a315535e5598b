import { rootBranch } from '../../lifecycle/branch.ts';
import { runNodes } from '../../lifecycle/nodes.ts';
import { isRunning, isSimple, type PlanState, type RootPull } from '../../lifecycle/plan-state.ts';
import type { StoredPlan } from '../../store/plan-store.ts';
import { loadTask, type StoredTask } from '../../store/task-store.ts';
import { applyPlan, requirePlan } from '../apply-plan.ts';
import type { EngineDeps } from '../deps.ts';
import { rootPullContent } from '../task/pull-content.ts';
import { forgeOf, headOf } from '../task/task-forge.ts';
import { releaseRoots } from './activate.ts';
import { completePlan, finishPlan } from './finish-plan.ts';
import { lookForLife } from './halt.ts';
import { approvedRevision } from './revision.ts';

// An active plan: opens its root pull requests with the first merge, makes them ready when the whole is verified, and
// says when nothing can move without a person.

export async function driveActive(deps: EngineDeps, plan: StoredPlan): Promise<void> {
  const { state } = plan;
  if (state.activation.released < state.activation.total) {
    await releaseRoots(deps, state, runNodes(state, await approvedRevision(deps, state)));
    return;
  }
  const ends = await Promise.all(
    state.ends.map((end) =>
      loadTask(deps.table, { plan: state.id, run: state.run, task: end.task }),
    ),
  );
  if (isSimple(state)) {
    const main = ends[0];
    if (main !== undefined && isDelivered(main))
      return completePlan(deps, plan, [pullOfSimple(deps, main)]);
    return lookForLife(deps, plan);
  }
  const opened = await openRootPulls(deps, state);
  if (opened !== undefined) return;
  if (ends.length > 0 && ends.every((end) => end?.state.status === 'merged'))
    return finishPlan(deps, plan, ends);
  await lookForLife(deps, plan);
}

function isDelivered(main: StoredTask): boolean {
  const { status, pull, proof } = main.state;
  return (
    status === 'merged' || (status === 'in_review' && pull !== undefined && proof?.green === true)
  );
}

function pullOfSimple(deps: EngineDeps, main: StoredTask): RootPull {
  const { repo, pull, status } = main.state;
  return {
    repo,
    branch: headOf(deps, main.state),
    number: pull?.number,
    nodeId: pull?.nodeId,
    url: pull?.url,
    ready: true,
    state: status === 'merged' ? 'merged' : 'open',
  };
}

/** Opened as a draft as soon as a root branch has something of its own. Undefined: nothing changed. */
async function openRootPulls(deps: EngineDeps, plan: PlanState): Promise<StoredPlan | undefined> {
  const branch = rootBranch(deps.settings.prefix, { plan: plan.id, run: plan.run });
  const opened: RootPull[] = [];
  for (const repo of new Set(plan.ends.map((end) => end.repo))) {
    if (plan.pulls.some((pull) => pull.repo === repo && pull.number !== undefined)) continue;
    const repository = plan.repositories.find((one) => one.name === repo);
    const forge = forgeOf(deps, plan, repo);
    const head = await forge.branchHead(repo, branch);
    if (repository === undefined || head === undefined || head === repository.baseSha) continue;
    const content = await rootPullContent(deps, plan, repo);
    const wanted = { head: branch, base: repository.base, draft: true };
    const { number, nodeId, url, state } = await forge.ensurePull(repo, { ...wanted, ...content });
    opened.push({ repo, branch, number, nodeId, url, ready: false, state });
  }
  if (opened.length === 0) return undefined;
  const kept = await applyPlan(
    deps,
    plan.id,
    { event: 'root_pull_opened', actor: 'engine' },
    (state) => {
      if (state.status !== 'active' || state.run !== plan.run) return undefined;
      const others = state.pulls.filter((pull) => !opened.some((one) => one.repo === pull.repo));
      return { ...state, pulls: [...others, ...opened] };
    },
  );
  if (kept === undefined) await closeUnwanted(deps, plan, opened);
  return kept;
}

/** The run was stopped while they were being opened. */
async function closeUnwanted(
  deps: EngineDeps,
  plan: PlanState,
  opened: readonly RootPull[],
): Promise<void> {
  const now = (await requirePlan(deps, plan.id)).state;
  if (isRunning(now, plan.run)) return;
  for (const { repo, number } of opened)
    if (number !== undefined) await forgeOf(deps, plan, repo).closePull(repo, number);
}
