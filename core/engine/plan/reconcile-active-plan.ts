import { formatRootBranch } from '../../contract/branch-name.ts';
import type { PlanState, RootPull } from '../../plan-state/plan-state.ts';
import { isRunning, isSimple } from '../../plan-state/plan-state.ts';
import { buildRunNodes } from '../../plan-state/run-nodes.ts';
import type { StoredPlan } from '../../store/plan-store.ts';
import type { StoredTask } from '../../store/task-store.ts';
import { loadTask } from '../../store/task-store.ts';
import { applyPlan, requirePlan } from '../apply/apply-plan.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { buildRootPullContent } from '../pull/pull-content.ts';
import { resolveForge, resolveTaskBranch } from '../pull/task-pull.ts';
import { requireApprovedRevision } from '../revision/revision.ts';
import { releaseRootTasks } from './activate-plan.ts';
import { detectHalt } from './detect-halt.ts';
import { completePlan, finishPlan } from './finish-plan.ts';

// An active plan: opens its root pull requests with the first merge, makes them ready when the whole is verified, and
// says when nothing can move without a person.

export async function reconcileActivePlan(deps: EngineDeps, plan: StoredPlan): Promise<void> {
  const { state } = plan;
  if (state.activation.released < state.activation.total) {
    await releaseRootTasks(
      deps,
      state,
      buildRunNodes(state, await requireApprovedRevision(deps, state)),
    );
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
      return completePlan(deps, plan, [buildSimplePull(deps, main)]);
    return detectHalt(deps, plan);
  }
  const opened = await openRootPulls(deps, state);
  if (opened !== undefined) return;
  if (ends.length > 0 && ends.every((end) => end?.state.status === 'merged'))
    return finishPlan(deps, plan, ends);
  await detectHalt(deps, plan);
}

function isDelivered(main: StoredTask): boolean {
  const { status, pull, evidence } = main.state;
  return (
    status === 'merged' ||
    (status === 'in_review' && pull !== undefined && evidence?.green === true)
  );
}

function buildSimplePull(deps: EngineDeps, main: StoredTask): RootPull {
  const { repo, pull, status } = main.state;
  return {
    repo,
    branch: resolveTaskBranch(deps, main.state),
    number: pull?.number,
    nodeId: pull?.nodeId,
    url: pull?.url,
    ready: true,
    state: status === 'merged' ? 'merged' : 'open',
  };
}

/** Opened as a draft as soon as a root branch has something of its own. Undefined: nothing changed. */
async function openRootPulls(deps: EngineDeps, plan: PlanState): Promise<StoredPlan | undefined> {
  const branch = formatRootBranch(deps.settings.prefix, { plan: plan.id, run: plan.run });
  const opened: RootPull[] = [];
  for (const repo of new Set(plan.ends.map((end) => end.repo))) {
    if (plan.pulls.some((pull) => pull.repo === repo && pull.number !== undefined)) continue;
    const repository = plan.repositories.find((one) => one.name === repo);
    const forge = resolveForge(deps, plan, repo);
    const head = await forge.readBranchHead(repo, branch);
    if (repository === undefined || head === undefined || head === repository.baseSha) continue;
    const content = await buildRootPullContent(deps, plan, repo);
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
  if (kept === undefined) await closeUnwantedPulls(deps, plan, opened);
  return kept;
}

/** The run was stopped while they were being opened. */
async function closeUnwantedPulls(
  deps: EngineDeps,
  plan: PlanState,
  opened: readonly RootPull[],
): Promise<void> {
  const now = (await requirePlan(deps, plan.id)).state;
  if (isRunning(now, plan.run)) return;
  for (const { repo, number } of opened)
    if (number !== undefined) await resolveForge(deps, plan, repo).closePull(repo, number);
}
