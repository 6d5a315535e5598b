import { AppError } from '../../base/app-error.ts';
import type { PlanState } from '../../plan-state/plan-state.ts';
import { isRunning } from '../../plan-state/plan-state.ts';
import type { StoredMessage } from '../../store/task-detail-store.ts';
import { loadMessages } from '../../store/task-detail-store.ts';
import type { StoredTask } from '../../store/task-store.ts';
import type { TaskEvent } from '../../task-state/task-event.ts';
import { enqueueWakeUps } from '../announce/enqueue-wake-ups.ts';
import { requirePlan } from '../apply/apply-plan.ts';
import { applyTask } from '../apply/apply-task.ts';
import { requireTask } from '../apply/require-task.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { clearHalt } from '../plan/detect-halt.ts';

// What people order of a task of the current run.

type TaskCommand = { readonly event: TaskEvent; readonly wanted: string };

async function runTaskCommand(
  deps: EngineDeps,
  plan: string,
  task: string,
  actor: string,
  { event, wanted }: TaskCommand,
): Promise<StoredTask> {
  const stored = await requireTask(deps, plan, task);
  const { haltNotified } = await requireRunningPlan(deps, plan);
  // Before the order, so that no crash leaves a task that is ready in a plan that is passed over.
  if (haltNotified === true) await clearHalt(deps, plan, actor);
  const applied = await applyTask(deps, stored.state, event, { actor, loaded: stored });
  if (applied.kind !== 'changed')
    throw new AppError(
      'conflict',
      'task_status',
      `task ${task} is ${stored.state.status}; ${wanted}`,
      { details: { status: stored.state.status } },
    );
  await enqueueWakeUps(deps, [{ type: 'reconcile_plan', v: 1, plan }]);
  return applied.task;
}

async function requireRunningPlan(deps: EngineDeps, plan: string): Promise<PlanState> {
  const { state } = await requirePlan(deps, plan);
  if (isRunning(state, state.run)) return state;
  const message = `plan ${plan} is ${state.status}, so its tasks accept no commands; restart the plan first`;
  const details = { plan, status: state.status, action: 'restart' };
  throw new AppError('conflict', 'plan_status', message, { details });
}

export function retryTask(
  deps: EngineDeps,
  plan: string,
  task: string,
  actor: string,
): Promise<StoredTask> {
  return runTaskCommand(deps, plan, task, actor, {
    event: { type: 'retry' },
    wanted: 'only a blocked, failed or cancelled task can be retried',
  });
}

export function unblockTask(
  deps: EngineDeps,
  plan: string,
  task: string,
  actor: string,
): Promise<StoredTask> {
  return runTaskCommand(deps, plan, task, actor, {
    event: { type: 'unblock' },
    wanted: 'only a blocked task can be unblocked',
  });
}

export function cancelTask(
  deps: EngineDeps,
  plan: string,
  task: string,
  reason: string,
  actor: string,
): Promise<StoredTask> {
  return runTaskCommand(deps, plan, task, actor, {
    event: { type: 'cancel', reason: reason || `cancelled by ${actor}` },
    wanted: 'it has ended already',
  });
}

export function approveTask(
  deps: EngineDeps,
  plan: string,
  task: string,
  actor: string,
): Promise<StoredTask> {
  return runTaskCommand(deps, plan, task, actor, {
    event: { type: 'approved' },
    wanted: 'only a task whose pull request waits for review can be approved',
  });
}

export function requestChanges(
  deps: EngineDeps,
  plan: string,
  task: string,
  reason: string,
  actor: string,
): Promise<StoredTask> {
  const repair = { reason: 'changes_requested' as const, detail: reason, files: [], tasks: [] };
  return runTaskCommand(deps, plan, task, actor, {
    event: { type: 'changes_requested', repair },
    wanted: 'changes can be asked for while its pull request is open',
  });
}

export function finishTask(
  deps: EngineDeps,
  plan: string,
  task: string,
  actor: string,
): Promise<StoredTask> {
  return runTaskCommand(deps, plan, task, actor, {
    event: { type: 'finish' },
    wanted: 'no session of it is open',
  });
}

export async function listMessages(
  deps: EngineDeps,
  plan: string,
  task: string,
): Promise<StoredMessage[]> {
  const stored = await requireTask(deps, plan, task);
  return loadMessages(deps.table, stored.state, 0);
}
