import { AppError } from '../../base/app-error.ts';
import { wakeUpPlan } from '../../contract/queue-message.ts';
import { requireRunning } from '../../plan-state/plan-state.ts';
import type { StoredMessage } from '../../store/task-detail-store.ts';
import { loadMessages } from '../../store/task-detail-store.ts';
import type { StoredTask } from '../../store/task-store.ts';
import type { TaskEvent } from '../../task-state/task-event.ts';
import { enqueueWakeUps } from '../announce-changes.ts';
import { requirePlan } from '../apply/apply-plan.ts';
import { applyTask, requireTask } from '../apply/apply-task.ts';
import type { StoreDeps, TaskWriteDeps } from '../engine-deps.ts';
import { clearHalt } from '../plan/detect-halt.ts';

// Commands of people for a task of the current run. Each command throws `task_status` when the task is in a status that the
// command does not apply to, and `plan_status` when the tasks of the plan do not run.

/** Event of a command; `condition` is the part of the error message that says when the command applies. */
type TaskCommand = { readonly event: TaskEvent; readonly condition: string };

async function runTaskCommand(
  deps: TaskWriteDeps,
  plan: string,
  task: string,
  actor: string,
  { event, condition }: TaskCommand,
): Promise<StoredTask> {
  const stored = await requireTask(deps, plan, task);
  const { haltNotified } = requireRunning((await requirePlan(deps, plan)).state);
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
  await enqueueWakeUps(deps, [wakeUpPlan(plan)]);
  return applied.task;
}

export function retryTask(
  deps: TaskWriteDeps,
  plan: string,
  task: string,
  actor: string,
): Promise<StoredTask> {
  return runTaskCommand(deps, plan, task, actor, {
    event: { type: 'retry' },
    condition: 'only a blocked, failed or cancelled task can be retried',
  });
}

export function unblockTask(
  deps: TaskWriteDeps,
  plan: string,
  task: string,
  actor: string,
): Promise<StoredTask> {
  return runTaskCommand(deps, plan, task, actor, {
    event: { type: 'unblock' },
    condition: 'only a blocked task can be unblocked',
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

export function approveTask(
  deps: TaskWriteDeps,
  plan: string,
  task: string,
  actor: string,
): Promise<StoredTask> {
  return runTaskCommand(deps, plan, task, actor, {
    event: { type: 'approved' },
    condition: 'only a task whose pull request waits for review can be approved',
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

export function finishTask(
  deps: TaskWriteDeps,
  plan: string,
  task: string,
  actor: string,
): Promise<StoredTask> {
  return runTaskCommand(deps, plan, task, actor, {
    event: { type: 'finish' },
    condition: 'only an open interactive session can be finished',
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
