import { AppError, isAppError } from '../../base/app-error.ts';
import type { AttemptKey, TaskKey } from '../../contract/id.ts';
import { buildTaskWakeUp } from '../../contract/queue-message.ts';
import type { Usage } from '../../contract/task.ts';
import { decidePlan } from '../../plan-state/decide-plan.ts';
import { announcePlanTransition } from '../../plan-state/plan-announcements.ts';
import { computePlanDueAfterWrite } from '../../plan-state/plan-due.ts';
import type { PlanEvent } from '../../plan-state/plan-event.ts';
import { findBudgetEvent, hasBudget } from '../../plan-state/plan-state.ts';
import { MAX_MESSAGE_DELAY_MS } from '../../port/queue.ts';
import type { Table } from '../../port/table.ts';
import type { StoredPlan } from '../../store/plan-store.ts';
import { addPlanUsage, clearPlanNotices, loadPlan, savePlan } from '../../store/plan-store.ts';
import { addLiveSpending, closeSpendingEntry } from '../../store/spending-store.ts';
import { loadAttempt } from '../../store/task-detail-store.ts';
import type { StoredTask } from '../../store/task-store.ts';
import {
  clearTaskNotices,
  loadTask,
  postponeTask,
  saveTask,
  toTaskKey,
} from '../../store/task-store.ts';
import { decideTask } from '../../task-state/decide-task.ts';
import type { TaskAnnouncement } from '../../task-state/task-announcements.ts';
import { announceTaskTransition } from '../../task-state/task-announcements.ts';
import type { TaskEvent } from '../../task-state/task-event.ts';
import type { TaskState } from '../../task-state/task-state.ts';
import { addUsage, computeDueAfterWrite } from '../../task-state/task-state.ts';
import type { Announcement } from '../announce-changes.ts';
import { enqueueWakeUps, sendAnnouncement } from '../announce-changes.ts';
import type { EngineDeps, PlanWriteDeps, StoreDeps, TaskWriteDeps } from '../engine-deps.ts';
import { MAX_HANDLER_LIFETIME_MS } from '../engine-deps.ts';
import { isPausing, pauseAfterError } from './pause-after-error.ts';

// Applies transitions to stored tasks and plans: read, decide, write with a condition on the version, announce.

/** Result of applying an event to a task. */
export type ApplyResult =
  | { readonly kind: 'changed'; readonly task: StoredTask; readonly before: StoredTask }
  /** The event does not change the current state of the task. */
  | { readonly kind: 'noop'; readonly task: StoredTask }
  /** The event comes from an ended attempt. */
  | { readonly kind: 'stale'; readonly task: StoredTask }
  /** With `onlyIfUnchanged`: the task has changed since `loaded` was read, so the event was not applied. */
  | { readonly kind: 'raced' }
  | { readonly kind: 'missing' };

export type ApplyOptions = {
  readonly actor: string;
  /** Task that the caller has read already, which saves a read. After a lost race the task is read again. */
  readonly loaded?: StoredTask;
  /**
   * `all` (the default): sends all messages of the transition. `clients`: omits the wake-up for the task's next step, which the
   * caller takes itself. `none`: also omits the client update, which the caller sends once for several transitions.
   */
  readonly announce?: 'all' | 'clients' | 'none';
  /** Replaces the due time that follows from the new state, unless the task has changed since `loaded` was read. */
  readonly dueAt?: (state: TaskState) => number | undefined;
  /**
   * If true, the event applies only to the state `loaded`, because a later state may contradict the observation behind the event.
   */
  readonly onlyIfUnchanged?: boolean;
};

/** Number of lost races after which a write fails. */
const MAX_RACES = 12;

/**
 * Applies an event to a task: reads the task, decides, writes with a condition on the version, and sends the resulting messages.
 * After a lost race the task is read again. Throws `contended` after too many lost races.
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
    const lastUsage = await loadLastReportedUsage(deps.table, before, decision.state, event);
    const next = addTaskUsage(decision.state, lastUsage);
    const isLoadedOutdated = options.loaded !== undefined && race > 0;
    const computeDueAt = isLoadedOutdated ? undefined : options.dueAt;
    const dueAt = computeDueAt ? computeDueAt(next) : computeDueAfterWrite(next, now);
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
    // If the response of the write was lost, the write seems to have lost a race, but the task carries its tag.
    if (saved !== undefined || task.writeTag === tag) {
      await recordEndedAttempt(deps, before, lastUsage);
      const isSent = await sendAnnouncement(deps, {
        ...selectAudience(announcement, options.announce ?? 'all'),
        plan: key.plan,
        notices,
      });
      const isCleared = isSent && notices.length > 0;
      const cleared = isCleared ? await clearTaskNotices(deps.table, task, dueAt) : undefined;
      return { kind: 'changed', task: cleared ?? task, before };
    }
    if (options.onlyIfUnchanged === true) return { kind: 'raced' };
  }
  throw new AppError(
    'transient',
    'contended',
    `task ${key.task} of plan ${key.plan} was changed by other writers ${MAX_RACES} times during this change; try again`,
  );
}

/** Selects the messages for the audience; the caller replaces the omitted messages. */
function selectAudience(
  { nextStep, wakeUps, clientUpdate }: TaskAnnouncement,
  audience: NonNullable<ApplyOptions['announce']>,
): Pick<Announcement, 'wakeUps' | 'clientUpdate'> {
  return {
    wakeUps: audience === 'all' ? [...nextStep, ...wakeUps] : wakeUps,
    clientUpdate: clientUpdate && audience !== 'none',
  };
}

/**
 * Loads the usage in the last heartbeat of the attempt that the event ends: a cancelled or lost attempt sends no result. Returns
 * undefined if the event ends no attempt or carries the usage.
 */
async function loadLastReportedUsage(
  table: Table,
  before: StoredTask,
  next: TaskState,
  event: TaskEvent,
): Promise<Usage | undefined> {
  const n = before.state.liveAttempt?.attemptNumber;
  if (n === undefined || next.liveAttempt?.attemptNumber === n) return undefined;
  if ('usage' in event && event.usage !== undefined) return undefined;
  const record = await loadAttempt(table, { ...toTaskKey(before.state), attemptNumber: n });
  return record?.usage;
}

function addTaskUsage(state: TaskState, usage: Usage | undefined): TaskState {
  return usage === undefined ? state : { ...state, usage: addUsage(state.usage, usage) };
}

/** Returns a task of the plan's current run, or throws `plan_unknown` or `task_unknown`. */
export async function requireTask(
  deps: StoreDeps,
  plan: string,
  task: string,
): Promise<StoredTask> {
  const { state } = await requirePlan(deps, plan);
  const stored = await loadTask(deps.table, { plan, run: state.run, task });
  if (stored === undefined)
    throw new AppError(
      'notFound',
      'task_unknown',
      `plan ${plan} has no task ${task} in its run ${state.run}`,
    );
  return stored;
}

// Failures of a step of a task.

/** Time until the next try for an ended task, milliseconds. Closing its pull request can fail; such failures are not counted. */
const UNCOUNTED_RETRY_MS = 300_000;
const RETRY_SECONDS = 5;

/**
 * Runs a step of a task and handles a failure. A pause of an outside system postpones the task without counting a failure. A
 * transient error is thrown, so that the queue delivers the message again. Other failures are counted and finally block the task.
 */
export async function runStepWithFailureHandling(
  deps: TaskWriteDeps,
  task: StoredTask,
  runStep: () => Promise<void>,
): Promise<void> {
  try {
    await runStep();
  } catch (error) {
    if (isAppError(error, 'transient')) throw error;
    if (isPausing(error)) {
      await postponeForPause(deps, task, error);
      return;
    }
    const key = toTaskKey(task.state);
    deps.log.warn('task step failed', {
      ...key,
      status: task.state.status,
      cause: String(error),
      stack: error instanceof Error ? error.stack : undefined,
    });
    const why = error instanceof Error ? error.message : String(error);
    const applied = await applyTask(
      deps,
      key,
      { type: 'faulted', why },
      { actor: 'engine', dueAt: () => deps.clock.now() + RETRY_SECONDS * 1_000 },
    );
    if (applied.kind === 'changed')
      await enqueueWakeUps(deps, [buildTaskWakeUp(key)], RETRY_SECONDS);
    else await postponeTask(deps.table, task, deps.clock.now() + UNCOUNTED_RETRY_MS);
  }
}

async function postponeForPause(
  deps: Pick<EngineDeps, 'table' | 'queue' | 'clock' | 'log'>,
  task: StoredTask,
  error: AppError,
): Promise<void> {
  const now = deps.clock.now();
  const until = await pauseAfterError(deps, error, task.state);
  await postponeTask(deps.table, task, until);
  if (until - now <= MAX_MESSAGE_DELAY_MS)
    await enqueueWakeUps(deps, [buildTaskWakeUp(task.state)], Math.ceil((until - now) / 1_000));
}

/** Result of applying an event to a plan. */
export type AppliedPlan =
  | { readonly kind: 'changed'; readonly plan: StoredPlan }
  /** The event does not change the current state of the plan. */
  | { readonly kind: 'noop'; readonly plan: StoredPlan };

/**
 * Applies an event to a plan: reads the plan, decides, writes with a condition on the version, and sends the resulting messages.
 * After a lost race the plan is read again. Throws `plan_unknown`, or `contended` after too many lost races.
 */
export async function applyPlan(
  deps: PlanWriteDeps,
  id: string,
  event: PlanEvent,
  options: { readonly actor: string },
): Promise<AppliedPlan> {
  for (let race = 0; race < MAX_RACES; race += 1) {
    const before = await requirePlan(deps, id);
    const now = deps.clock.now();
    const decision = decidePlan(before.state, event, {
      now,
      actor: options.actor,
      version: before.version + 1,
      keepDays: deps.settings.keepDays,
      maxHandlerLifetimeMs: MAX_HANDLER_LIFETIME_MS,
    });
    if (decision.kind === 'noop') return { kind: 'noop', plan: before };
    const announcement = announcePlanTransition(before.state, decision.state, event, {
      version: before.version + 1,
      now,
    });
    const notices = [...before.pendingNotices, ...announcement.notices];
    const dueAt = computePlanDueAfterWrite(decision.state, event, now);
    const write = { now, dueAt: notices.length === 0 ? dueAt : now, notices };
    const plan = await savePlan(deps.table, before, decision.state, write);
    if (plan !== undefined) {
      const isSent = await sendAnnouncement(deps, { ...announcement, plan: id, notices });
      const isCleared = isSent && notices.length > 0;
      const cleared = isCleared ? await clearPlanNotices(deps.table, plan, dueAt) : undefined;
      return { kind: 'changed', plan: cleared ?? plan };
    }
  }
  throw new AppError(
    'transient',
    'contended',
    `plan ${id} was changed by other writers ${MAX_RACES} times during this change; try again`,
  );
}

/** Returns the plan, or throws `plan_unknown`. */
export async function requirePlan(deps: StoreDeps, id: string): Promise<StoredPlan> {
  const plan = await loadPlan(deps.table, id);
  if (plan === undefined) throw new AppError('notFound', 'plan_unknown', `there is no plan ${id}`);
  return plan;
}

async function recordEndedAttempt(
  deps: PlanWriteDeps,
  before: StoredTask,
  usage: Usage | undefined,
): Promise<void> {
  const attemptNumber = before.state.liveAttempt?.attemptNumber;
  if (attemptNumber === undefined || usage === undefined) return;
  await recordAttemptUsage(deps, { ...toTaskKey(before.state), attemptNumber }, usage);
}

/** Adds the usage of an ended attempt to the plan's total, and records a crossed limit of the budget. */
export async function recordAttemptUsage(
  deps: PlanWriteDeps,
  key: AttemptKey,
  usage: Usage,
): Promise<void> {
  const tokens = usage.inputTokens + usage.outputTokens;
  if (tokens === 0) return;
  const plan = await addPlanUsage(deps.table, key.plan, tokens, usage.usd ?? 0);
  if (plan === undefined || !hasBudget(plan.state)) return;
  await closeSpendingEntry(deps.table, key, usage);
  await checkBudget(deps, await addLiveSpending(deps.table, plan));
}

/**
 * Records that the plan has crossed 80 % or 100 % of its budget. `plan` includes the spending of running attempts. Returns true if
 * the plan has changed.
 */
export async function checkBudget(deps: PlanWriteDeps, plan: StoredPlan): Promise<boolean> {
  const event = findBudgetEvent(plan);
  if (event === undefined) return false;
  const applied = await applyPlan(deps, plan.state.id, event, { actor: 'engine' });
  return applied.kind === 'changed';
}
