import { AppError } from '../../base/app-error.ts';
import type { TaskKey } from '../../contract/id.ts';
import type { StoredTask } from '../../store/task-store.ts';
import { clearTaskNotices, loadTask, saveTask } from '../../store/task-store.ts';
import { decideTask } from '../../task-state/decide-task.ts';
import type { TaskAnnouncement } from '../../task-state/task-announcements.ts';
import { announceTaskTransition } from '../../task-state/task-announcements.ts';
import { computeDueAfterWrite } from '../../task-state/task-due.ts';
import type { TaskEvent } from '../../task-state/task-event.ts';
import type { TaskState } from '../../task-state/task-state.ts';
import type { Announcement } from '../announce/send-messages.ts';
import { sendAnnouncement } from '../announce/send-messages.ts';
import type { TaskWriteDeps } from '../engine-deps.ts';
import { addTaskUsage, loadLastReportedUsage, recordPlanUsage } from './record-usage.ts';

export type ApplyResult =
  | { readonly kind: 'changed'; readonly task: StoredTask; readonly before: StoredTask }
  /** The event changes nothing in this status. */
  | { readonly kind: 'noop'; readonly task: StoredTask }
  /** The event comes from an attempt that has ended. */
  | { readonly kind: 'stale'; readonly task: StoredTask }
  /** The task has changed since the observation, which therefore says nothing about its current state. */
  | { readonly kind: 'raced' }
  | { readonly kind: 'missing' };

export type ApplyOptions = {
  readonly actor: string;
  /** The task as the caller has read it, which saves a read. A lost race reads again. */
  readonly loaded?: StoredTask;
  /**
   * `all` (the default): every message that follows from the transition is sent. `clients`: the caller takes the task's next
   * step itself, so that no message is sent for it. `none`: the caller also tells the clients, once for several transitions.
   */
  readonly announce?: 'all' | 'clients' | 'none';
  /** Replaces the due time that follows from the new state, unless the task has changed since `loaded` was read. */
  readonly dueAt?: (state: TaskState) => number | undefined;
  /** The event is an observation about `loaded`. It does not apply to a later state. */
  readonly observed?: boolean;
};

const MAX_RACES = 12;

/**
 * Applies an event to a task: reads the task, decides, writes with a condition on the version, and sends what follows from the
 * transition. A lost race reads and decides again. Throws `contended` after too many lost races.
 */
export async function applyTask(
  deps: TaskWriteDeps,
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
    const before: StoredTask = task;
    const reported = await loadLastReportedUsage(deps.table, before, decision.state, event);
    const next = addTaskUsage(decision.state, reported);
    const isOvertaken = options.loaded !== undefined && race > 0;
    const chosen = isOvertaken ? undefined : options.dueAt;
    const dueAt = chosen ? chosen(next) : computeDueAfterWrite(next, now);
    const announcement = announceTaskTransition(before.state, next, {
      version: before.version + 1,
      now,
    });
    const notices = [...before.pendingNotices, ...announcement.notices];
    const tag = deps.newId();
    const write = { now, dueAt: notices.length === 0 ? dueAt : now, tag, notices };
    const saved = await saveTask(deps.table, before, next, write);
    task = saved ?? (await loadTask(deps.table, key));
    if (task === undefined) return { kind: 'missing' };
    // A write whose response was lost looks like a lost race.
    if (saved !== undefined || task.writeTag === tag) {
      await recordPlanUsage(deps, key.plan, reported);
      const isSent = await sendAnnouncement(deps, {
        ...selectAudience(announcement, options.announce ?? 'all'),
        plan: key.plan,
        notices,
      });
      const isCleared = isSent && notices.length > 0;
      const cleared = isCleared ? await clearTaskNotices(deps.table, task, dueAt) : undefined;
      return { kind: 'changed', task: cleared ?? task, before };
    }
    if (options.observed === true) return { kind: 'raced' };
  }
  throw new AppError(
    'transient',
    'contended',
    `task ${key.task} of ${key.plan} changed ${MAX_RACES} times while it was being written`,
  );
}

/** Leaves out what the caller does itself. */
function selectAudience(
  { nextStep, wakeUps, clientUpdate }: TaskAnnouncement,
  audience: NonNullable<ApplyOptions['announce']>,
): Pick<Announcement, 'wakeUps' | 'clientUpdate'> {
  return {
    wakeUps: audience === 'all' ? [...nextStep, ...wakeUps] : wakeUps,
    clientUpdate: clientUpdate && audience !== 'none',
  };
}
