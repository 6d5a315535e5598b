import { formatRootBranch } from '../../contract/id.ts';
import type { PlanState, RootPull } from '../../plan-state/plan-state.ts';
import { isReleasable, isSimple, runAcceptsWork } from '../../plan-state/plan-state.ts';
import { buildRunNodes } from '../../plan-state/run-nodes.ts';
import type { StoredPlan } from '../../store/plan-store.ts';
import { setPlanDue } from '../../store/plan-store.ts';
import { addLiveSpending } from '../../store/spending-store.ts';
import type { StoredTask } from '../../store/task-store.ts';
import { loadTask } from '../../store/task-store.ts';
import { isNoChangeTask } from '../../task-state/task-state.ts';
import { applyPlan, checkBudget, requirePlan } from '../apply/apply-transition.ts';
import { BASE_POLL_MS, refreshBaseChecks } from '../base-check/base-check.ts';
import type { EngineDeps, ForgeDeps } from '../engine-deps.ts';
import { buildRootPullContent } from '../pull/root-pull.ts';
import { resolveForge, resolveTaskBranch } from '../pull/task-pull.ts';
import { requireApprovedRevision } from '../revision/revision.ts';
import { releaseInitialTasks } from './activate-plan.ts';
import { detectHalt } from './detect-halt.ts';
import { makeRootPullsReady, recordCompletion } from './make-root-pulls-ready.ts';

/**
 * Does the next step of an active plan: opens the root pull requests after the first merge, completes the plan after the final
 * tasks are verified, or checks whether the plan is halted.
 */
export async function reconcileActivePlan(deps: ForgeDeps, plan: StoredPlan): Promise<void> {
  const { state } = plan;
  if (state.activation.released < state.activation.total) {
    const revision = await requireApprovedRevision(deps, state);
    await releaseInitialTasks(deps, state, buildRunNodes(state, revision));
    return;
  }
  if (!isReleasable(state)) {
    // A written result makes the plan due again.
    if (await refreshBaseChecks(deps, state)) return;
    await setPlanDue(deps.table, plan, deps.clock.now() + BASE_POLL_MS);
    return;
  }
  await checkBudget(deps, await addLiveSpending(deps.table, plan));
  const finalTasks = await Promise.all(
    state.finalTasks.map(({ task }) =>
      loadTask(deps.table, { plan: state.id, run: state.run, task }),
    ),
  );
  if (isSimple(state)) {
    const simpleTask = finalTasks[0];
    if (simpleTask !== undefined && isReadyForPerson(simpleTask)) {
      const pulls = isNoChangeTask(simpleTask.state) ? [] : [buildSimplePull(deps, simpleTask)];
      return recordCompletion(deps, state, pulls);
    }
    return detectHalt(deps, plan);
  }
  if (await openRootPulls(deps, state)) return;
  if (finalTasks.length > 0 && finalTasks.every((task) => task?.state.status === 'merged'))
    return makeRootPullsReady(deps, plan, finalTasks);
  await detectHalt(deps, plan);
}

/** Returns true once the pull request of a simple plan is verified and waits for a person, or is merged already. */
function isReadyForPerson(simpleTask: StoredTask): boolean {
  const { status, pull, evidence } = simpleTask.state;
  return (
    status === 'merged' ||
    (status === 'in_review' && pull !== undefined && evidence?.green === true)
  );
}

function buildSimplePull(deps: Pick<EngineDeps, 'settings'>, simpleTask: StoredTask): RootPull {
  const { repo, pull, status } = simpleTask.state;
  return {
    repo,
    branch: resolveTaskBranch(deps, simpleTask.state),
    number: pull?.number,
    nodeId: pull?.nodeId,
    url: pull?.url,
    ready: true,
    state: status === 'merged' ? 'merged' : 'open',
  };
}

/** Opens a draft pull request for each root branch that contains a merged task. Returns true if the plan has changed. */
async function openRootPulls(
  deps: Pick<EngineDeps, 'table' | 'queue' | 'forges' | 'clock' | 'log' | 'settings'>,
  plan: PlanState,
): Promise<boolean> {
  const opened: RootPull[] = [];
  for (const repo of new Set(plan.finalTasks.map(({ repo }) => repo))) {
    const hasPull = plan.pulls.some((pull) => pull.repo === repo && pull.number !== undefined);
    const pull = hasPull ? undefined : await openRootPull(deps, plan, repo);
    if (pull !== undefined) opened.push(pull);
  }
  if (opened.length === 0) return false;
  const event = { type: 'root_pull_opened', run: plan.run, pulls: opened } as const;
  const applied = await applyPlan(deps, plan.id, event, { actor: 'engine' });
  if (applied.kind === 'noop') await closePullsOfStoppedRun(deps, plan, opened);
  return applied.kind === 'changed';
}

/** Opens the root pull request of a repository; returns undefined while the root branch is still at the base commit. */
async function openRootPull(
  deps: Pick<EngineDeps, 'table' | 'forges' | 'clock' | 'settings'>,
  plan: PlanState,
  repo: string,
): Promise<RootPull | undefined> {
  const branch = formatRootBranch(deps.settings.prefix, { plan: plan.id, run: plan.run });
  const repository = plan.repositories.find((candidate) => candidate.name === repo);
  const forge = resolveForge(deps, plan, repo);
  const head = await forge.readBranchHead(repo, branch);
  if (repository === undefined || head === undefined || head === repository.baseSha)
    return undefined;
  const content = await buildRootPullContent(deps, plan, repo);
  const pullSpec = { head: branch, base: repository.base, draft: true };
  const { number, nodeId, url, state } = await forge.ensurePull(repo, { ...pullSpec, ...content });
  return { repo, branch, number, nodeId, url, ready: false, state };
}

/** Closes the opened pull requests again if the run was stopped meanwhile. */
async function closePullsOfStoppedRun(
  deps: Pick<EngineDeps, 'table' | 'forges'>,
  plan: PlanState,
  opened: readonly RootPull[],
): Promise<void> {
  const current = (await requirePlan(deps, plan.id)).state;
  if (runAcceptsWork(current, plan.run)) return;
  for (const { repo, number } of opened)
    if (number !== undefined) await resolveForge(deps, plan, repo).closePull(repo, number);
}
