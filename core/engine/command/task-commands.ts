import { AppError } from '../../base/app-error.ts';
import { buildPlanWakeUp } from '../../contract/queue-message.ts';
import { requireRunAcceptsWork } from '../../plan-state/plan-state.ts';
import type { StoredMessage } from '../../store/task-detail-store.ts';
import { loadMessages } from '../../store/task-detail-store.ts';
import type { StoredTask } from '../../store/task-store.ts';
import type { TaskEvent } from '../../task-state/task-event.ts';
import { enqueueWakeUps } from '../announce-changes.ts';
import { applyTask, requirePlan, requireTask } from '../apply/apply-transition.ts';
import type { StoreDeps, TaskWriteDeps } from '../engine-deps.ts';
import { clearHalt } from '../plan/detect-halt.ts';

// Commands of people for a task of the current run. A command throws `task_status` if the status of the task does not allow the
// command, and `plan_status` unless the plan is running.

/** Event of a command; `condition` is the part of the error message that explains when the command is possible. */
type TaskCommand = { readonly event: TaskEvent; readonly condition: string };

async function runTaskCommand(
  deps: TaskWriteDeps,
  plan: string,
  task: string,
  actor: string,
  { event, condition }: TaskCommand,
): Promise<StoredTask> {
  const stored = await requireTask(deps, plan, task);
  const { haltNotified } = requireRunAcceptsWork((await requirePlan(deps, plan)).state);
  // The scheduler skips halted plans. The halt ends first, so that a crash cannot leave a ready task in a halted plan.
  if (haltNotified === true) await clearHalt(deps, plan, actor);
  const applied = await applyTask(deps, stored.state, event, { actor, loaded: stored });
  if (applied.kind !== 'changed')
    throw new AppError(
      'conflict',
      'task_status',
      `task ${task} is ${stored.state.status}; ${condition}`,
      { details: { status: stored.state.status } },
    );
  await enqueueWakeUps(deps, [buildPlanWakeUp(plan)]);
  return applied.task;
}

/** Creates the function of a command that needs no further input. */
function createCommand(command: TaskCommand) {
  return (deps: TaskWriteDeps, plan: string, task: string, actor: string): Promise<StoredTask> =>
    runTaskCommand(deps, plan, task, actor, command);
}

export const retryTask = createCommand({
  event: { type: 'retry' },
  condition: 'only a blocked, failed or cancelled task can be retried',
});

export const unblockTask = createCommand({
  event: { type: 'unblock' },
  condition: 'only a blocked task can be unblocked',
});

export const finishTask = createCommand({
  event: { type: 'finish' },
  condition: 'only an open interactive session can be finished',
});

/**
 * Approves the accepted commit of a task.
 *
 * @param commit the commit that the person has seen; the error `commit_moved` if the task has another commit meanwhile
 */
export async function approveTask(
  deps: TaskWriteDeps,
  plan: string,
  task: string,
  actor: string,
  commit?: string,
): Promise<StoredTask> {
  const accepted = (await requireTask(deps, plan, task)).state.accepted?.commit;
  if (commit !== undefined && accepted !== undefined && accepted !== commit)
    throw new AppError(
      'conflict',
      'commit_moved',
      `the pull request of task ${task} is now at commit ${accepted}; look at the new changes, then approve this commit`,
      { details: { commit: accepted } },
    );
  return runTaskCommand(deps, plan, task, actor, {
    event: { type: 'approved', commit: commit ?? accepted },
    condition: 'only a task whose pull request waits for review can be approved',
  });
}

export function cancelTask(
  deps: TaskWriteDeps,
  plan: string,
  task: string,
  reason: string,
  actor: string,
): Promise<StoredTask> {
  return runTaskCommand(deps, plan, task, actor, {
    event: { type: 'cancel', reason: reason || `cancelled by ${actor}` },
    condition: 'a task that has ended cannot be cancelled',
  });
}

export function requestChanges(
  deps: TaskWriteDeps,
  plan: string,
  task: string,
  reason: string,
  actor: string,
): Promise<StoredTask> {
  const repair = { reason: 'changes_requested' as const, detail: reason, files: [], tasks: [] };
  return runTaskCommand(deps, plan, task, actor, {
    event: { type: 'changes_requested', repair },
    condition: 'changes can be requested only while the pull request of the task is open',
  });
}

export async function listMessages(
  deps: StoreDeps,
  plan: string,
  task: string,
): Promise<StoredMessage[]> {
  const stored = await requireTask(deps, plan, task);
  return loadMessages(deps.table, stored.state, 0);
}
