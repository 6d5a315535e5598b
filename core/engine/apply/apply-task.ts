import { AppError } from '../../base/app-error.ts';
import type { TaskKey } from '../../contract/id.ts';
import type { QueueMessage } from '../../contract/queue.ts';
import type { StoredTask } from '../../store/task-store.ts';
import { loadTask, saveTask, toTaskKey } from '../../store/task-store.ts';
import { decideTask } from '../../task-state/decide-task.ts';
import type { TaskEvent } from '../../task-state/task-event.ts';
import type { TaskState } from '../../task-state/task-state.ts';
import { hasStopped, isSchedulable } from '../../task-state/task-state.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { addTaskUsage, loadLastReportedUsage, recordReportedUsage } from './last-reported-usage.ts';
import { computeDueAfterWrite, hasPendingWork } from './task-due.ts';

export type ApplyResult =
  | { readonly kind: 'changed'; readonly task: StoredTask; readonly before: StoredTask }
  /** The event changes nothing in this status. */
  | { readonly kind: 'noop'; readonly task: StoredTask }
  /** The event's attempt has ended. */
  | { readonly kind: 'stale'; readonly task: StoredTask }
  /** What was observed was observed of a state that is gone: look again. */
  | { readonly kind: 'raced' }
  | { readonly kind: 'missing' };

export type ApplyOptions = {
  readonly actor: string;
  /** Saves the read when it is at hand; a lost race reads again. */
  readonly loaded?: StoredTask;
  /** False: the caller does at once what the new state owes. */
  readonly hint?: boolean;
  /** The caller tells those who watch, once for all that it does. */
  readonly quiet?: boolean;
  /** Instead of what the new state owes by itself; when `loaded` has been overtaken, that counts again. */
  readonly dueAt?: (state: TaskState) => number | undefined;
  /** The event says what the world looked like to `loaded`; of a state that came after, it says nothing. */
  readonly observed?: boolean;
};

const MAX_RACES = 12;
/** A queue keeps no message back for longer. */
export const MAX_MESSAGE_DELAY_MS = 900_000;

/** Reads, decides, writes with a condition; whoever loses a race decides again on what won. */
export async function applyTask(
  deps: EngineDeps,
  key: TaskKey,
  event: TaskEvent,
  options: ApplyOptions,
): Promise<ApplyResult> {
  let task = options.loaded;
  for (let race = 0; race < MAX_RACES; race += 1) {
    task ??= await loadTask(deps.table, key);
    if (task === undefined) return { kind: 'missing' };
    const now = deps.clock.now();
    const decision = decideTask(task.state, event, {
      now,
      actor: options.actor,
      version: task.version + 1,
      bounds: deps.settings.bounds,
      hasUnmergedDependencies: task.unmergedDependencies.length > 0,
    });
    if (decision.kind !== 'changed') return { kind: decision.kind, task };
    const heard = await loadLastReportedUsage(deps.table, task, decision.state, event);
    const next = addTaskUsage(decision.state, heard);
    const isOvertaken = options.loaded !== undefined && race > 0;
    const chosen = isOvertaken ? undefined : options.dueAt;
    const dueAt = chosen ? chosen(next) : computeDueAfterWrite(next, now);
    const tag = deps.newId();
    const saved = await saveTask(deps.table, task, next, { now, dueAt, tag });
    const before = task;
    task = saved ?? (await loadTask(deps.table, key));
    if (task === undefined) return { kind: 'missing' };
    // A write whose answer was lost looks like a lost race.
    if (saved !== undefined || task.writeTag === tag) {
      await recordReportedUsage(deps.table, key.plan, heard);
      await announceTransition(deps, task, before, options);
      return { kind: 'changed', task, before };
    }
    if (options.observed === true) return { kind: 'raced' };
  }
  throw new AppError(
    'transient',
    'contended',
    `task ${key.task} of ${key.plan} changed ${MAX_RACES} times while it was being written`,
  );
}

/** Hints only: whatever is lost here is due on the item, or in the ready index. */
async function announceTransition(
  deps: EngineDeps,
  task: StoredTask,
  before: StoredTask,
  { hint = true, quiet = false }: ApplyOptions,
): Promise<void> {
  const key = toTaskKey(task.state);
  const messages: QueueMessage[] = [];
  if (hint && hasPendingWork(task.state)) messages.push({ type: 'drive_task', v: 1, ...key });
  if (hint && isSchedulable(task.state)) messages.push({ type: 'schedule', v: 1, tasks: [key] });
  // Its plan may have been halted.
  if (hasStopped(before.state.status) && !hasStopped(task.state.status))
    messages.push({ type: 'drive_plan', v: 1, plan: key.plan });
  if (!quiet) messages.push({ type: 'push', v: 1, plan: key.plan });
  await enqueueWakeUps(deps, messages);
  await enqueueUnparkWakeUp(deps, task);
}

/** A short pause is over when it is over, and not when the clock next looks. */
async function enqueueUnparkWakeUp(deps: EngineDeps, { state }: StoredTask): Promise<void> {
  const waitMs = (state.parkedUntil ?? 0) - deps.clock.now();
  if (waitMs <= 0 || waitMs > MAX_MESSAGE_DELAY_MS) return;
  const message = { type: 'drive_task' as const, v: 1 as const, ...toTaskKey(state) };
  await enqueueWakeUps(deps, [message], Math.ceil(waitMs / 1_000));
}

/** A hint that cannot be sent is a hint that was lost: nothing depends on it. */
export async function enqueueWakeUps(
  deps: Pick<EngineDeps, 'queue' | 'log'>,
  messages: readonly QueueMessage[],
  delaySeconds = 0,
): Promise<void> {
  if (messages.length === 0) return;
  try {
    await deps.queue.send(messages.map((message) => ({ message, delaySeconds })));
  } catch (error) {
    deps.log.warn('hint lost', {
      types: messages.map((message) => message.type).join(','),
      cause: String(error),
    });
  }
}
