import { AppError } from '../../base/app-error.ts';
import type { TaskKey } from '../../contract/id.ts';
import type { StoredTask } from '../../store/task-store.ts';
import { loadTask, saveTask } from '../../store/task-store.ts';
import { decideTask } from '../../task-state/decide-task.ts';
import { announceTaskTransition } from '../../task-state/task-announcements.ts';
import { computeDueAfterWrite } from '../../task-state/task-due.ts';
import type { TaskEvent } from '../../task-state/task-event.ts';
import type { TaskState } from '../../task-state/task-state.ts';
import { sendWakeUps } from '../announce/enqueue-wake-ups.ts';
import type { EngineDeps, TaskWriteDeps } from '../engine-deps.ts';
import type { ApplyPlanDeps } from './apply-plan.ts';
import { addTaskUsage, loadLastReportedUsage } from './last-reported-usage.ts';
import { recordPlanUsage } from './record-plan-usage.ts';

export type ApplyTaskDeps = ApplyPlanDeps & Pick<EngineDeps, 'newId'>;

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
  /**
   * `all` (the default): every message that follows from the transition is sent. `clients`: the caller takes the task's next
   * step itself, so that no message is sent for it. `none`: the caller also tells the clients, once for several transitions.
   */
  readonly announce?: 'all' | 'clients' | 'none';
  /** Instead of what the new state owes by itself; when `loaded` has been overtaken, that counts again. */
  readonly dueAt?: (state: TaskState) => number | undefined;
  /** The event says what the world looked like to `loaded`; of a state that came after, it says nothing. */
  readonly observed?: boolean;
};

const MAX_RACES = 12;

/** Reads, decides, writes with a condition; whoever loses a race decides again on what won. */
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
      await recordPlanUsage(deps, key.plan, heard);
      await sendAnnouncement(deps, before.state, task.state, options.announce ?? 'all');
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

async function sendAnnouncement(
  deps: Pick<EngineDeps, 'queue' | 'clock' | 'log'>,
  before: TaskState,
  after: TaskState,
  audience: NonNullable<ApplyOptions['announce']>,
): Promise<void> {
  const { nextStep, wakeUps, clientUpdate } = announceTaskTransition(
    before,
    after,
    deps.clock.now(),
  );
  const messages = audience === 'all' ? [...nextStep, ...wakeUps] : [...wakeUps];
  if (clientUpdate && audience !== 'none')
    messages.push({ message: { type: 'push', v: 1, plan: after.plan } });
  await sendWakeUps(deps, messages);
}
