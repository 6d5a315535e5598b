import { formatRootBranch, formatTaskBranch } from '../../contract/branch-name.ts';
import type { PlanState } from '../../plan-state/plan-state.ts';
import type { Forge, PullRef, PullRequest } from '../../port/forge.ts';
import type { TaskState } from '../../task-state/task-state.ts';
import { requirePlanRepository } from '../apply/apply-plan.ts';
import type { EngineDeps } from '../engine-deps.ts';

// Where a task's work lives on its forge.

export function resolveForge(deps: EngineDeps, plan: PlanState, repo: string): Forge {
  return deps.forges[requirePlanRepository(plan, repo).forge];
}

/** The branch that a task's pull request goes to. */
export function resolveBaseBranch(deps: EngineDeps, plan: PlanState, task: TaskState): string {
  return task.simple
    ? requirePlanRepository(plan, task.repo).base
    : formatRootBranch(deps.settings.prefix, task);
}

/** What of a pull request is kept with its task. */
export function toPullRef({ number, nodeId, url }: PullRequest): PullRef {
  return { number, nodeId, url };
}

export function resolveTaskBranch(deps: EngineDeps, task: TaskState): string {
  const end = task.kind === 'end' ? { begun: task.accepted?.firstAttempt ?? 0 } : undefined;
  return formatTaskBranch(deps.settings.prefix, task, end);
}
