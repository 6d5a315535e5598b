import { rootBranch, taskBranch } from '../../lifecycle/branch.ts';
import type { PlanState } from '../../lifecycle/plan-state.ts';
import type { Forge, PullRef, PullRequest } from '../../port/forge.ts';
import type { TaskState } from '../../task/state.ts';
import { repositoryOf } from '../apply-plan.ts';
import type { EngineDeps } from '../deps.ts';

// Where a task's work lives on its forge.

export function forgeOf(deps: EngineDeps, plan: PlanState, repo: string): Forge {
  return deps.forges[repositoryOf(plan, repo).forge];
}

/** The branch that a task's pull request goes to. */
export function baseOf(deps: EngineDeps, plan: PlanState, task: TaskState): string {
  return task.simple ? repositoryOf(plan, task.repo).base : rootBranch(deps.settings.prefix, task);
}

/** What of a pull request is kept with its task. */
export function refOf({ number, nodeId, url }: PullRequest): PullRef {
  return { number, nodeId, url };
}

export function headOf(deps: EngineDeps, task: TaskState): string {
  const end = task.kind === 'end' ? { begun: task.accepted?.branch ?? 0 } : undefined;
  return taskBranch(deps.settings.prefix, task, end);
}
