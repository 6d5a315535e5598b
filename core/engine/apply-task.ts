import type { TaskKey } from '../contract/id.ts';
import type { QueueMessage } from '../contract/queue.ts';
import { AppError } from '../error.ts';
import { loadTask, type StoredTask, saveTask, taskKeyOf } from '../store/task-store.ts';
import type { TaskEvent } from '../task/event.ts';
import { isOver, isSchedulable, type TaskState } from '../task/state.ts';
import { decideTask } from '../task/transition.ts';
import { countHeard, heardUsage, withUsage } from './attempt/heard-usage.ts';
import type { EngineDeps } from './deps.ts';
import { dueAfterWrite, owesWork } from './task/due.ts';

export type Applied =
  | { kind: 'changed'; task: StoredTask; before: StoredTask }
  /** The event changes nothing in this status. */
  | { kind: 'noop'; task: StoredTask }
  /** The event's attempt has ended. */
  | { kind: 'stale'; task: StoredTask }
  /** What was observed was observed of a state that is gone: look again. */
  | { kind: 'raced' }
  | { kind: 'missing' };

export type ApplyOptions = {
  actor: string;
  /** Saves the read when it is at hand; a lost race reads again. */
  loaded?: StoredTask;
  /** False: the caller does at once what the new state owes. */
  hint?: boolean;
  /** The caller tells those who watch, once for all that it does. */
  quiet?: boolean;
  /** Instead of what the new state owes by itself; when `loaded` has been overtaken, that counts again. */
  dueAt?: (state: TaskState) => number | undefined;
  /** The event says what the world looked like to `loaded`; of a state that came after, it says nothing. */
  observed?: boolean;
};

const MAX_RACES = 12;
/** A queue keeps no message back for longer. */
export const LONGEST_HINT_MS = 900_000;

/** Reads, decides, writes with a condition; whoever loses a race decides again on what won. */
export async function applyTask(
  deps: EngineDeps,
  key: TaskKey,
  event: TaskEvent,
  options: ApplyOptions,
): Promise<Applied> {
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
      waiting: task.waits.length > 0,
    });
    if (decision.kind !== 'changed') return { kind: decision.kind, task };
    const heard = await heardUsage(deps.table, task, decision.state, event);
    const next = withUsage(decision.state, heard);
    const isOvertaken = options.loaded !== undefined && race > 0;
    const chosen = isOvertaken ? undefined : options.dueAt;
    const dueAt = chosen ? chosen(next) : dueAfterWrite(next, now);
    const tag = deps.newId();
    const saved = await saveTask(deps.table, task, next, { now, dueAt, tag });
    const before = task;
    task = saved ?? (await loadTask(deps.table, key));
    if (task === undefined) return { kind: 'missing' };
    // A write whose answer was lost looks like a lost race.
    if (saved !== undefined || task.tag === tag) {
      await countHeard(deps.table, key.plan, heard);
      await announce(deps, task, before, options);
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
async function announce(
  deps: EngineDeps,
  task: StoredTask,
  before: StoredTask,
  { hint = true, quiet = false }: ApplyOptions,
): Promise<void> {
  const key = taskKeyOf(task.state);
  const messages: QueueMessage[] = [];
  if (hint && owesWork(task.state)) messages.push({ type: 'drive_task', v: 1, ...key });
  if (hint && isSchedulable(task.state)) messages.push({ type: 'schedule', v: 1, tasks: [key] });
  // Its plan may have been halted.
  if (isOver(before.state.status) && !isOver(task.state.status))
    messages.push({ type: 'drive_plan', v: 1, plan: key.plan });
  if (!quiet) messages.push({ type: 'push', v: 1, plan: key.plan });
  await hintAll(deps, messages);
  await hintWhenUnparked(deps, task);
}

/** A short pause is over when it is over, and not when the clock next looks. */
async function hintWhenUnparked(deps: EngineDeps, { state }: StoredTask): Promise<void> {
  const waitMs = (state.parkedUntil ?? 0) - deps.clock.now();
  if (waitMs <= 0 || waitMs > LONGEST_HINT_MS) return;
  const message = { type: 'drive_task' as const, v: 1 as const, ...taskKeyOf(state) };
  await hintAll(deps, [message], Math.ceil(waitMs / 1_000));
}

/** A hint that cannot be sent is a hint that was lost: nothing depends on it. */
export async function hintAll(
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
