import type { TaskKey } from '../../contract/id.ts';
import { formatAttemptId } from '../../contract/id.ts';
import { buildPlanPush, buildSchedulerWakeUp } from '../../contract/queue-message.ts';
import type { PlanState } from '../../plan-state/plan-state.ts';
import { isOverBudget, isReleasable, requirePlanRepository } from '../../plan-state/plan-state.ts';
import { MAX_MESSAGE_DELAY_MS } from '../../port/queue.ts';
import type { StoredPlan } from '../../store/plan-store.ts';
import { loadPlan, readPlan } from '../../store/plan-store.ts';
import { addLiveSpending } from '../../store/spending-store.ts';
import type { Pause, SlotHolder, Slots } from '../../store/system-store.ts';
import {
  addSlotHolders,
  formatForgeSystem,
  loadPauses,
  loadSlots,
  MODEL_SYSTEM,
  removeSlotHolders,
} from '../../store/system-store.ts';
import type { TaskDetail } from '../../store/task-detail-store.ts';
import { loadTaskDetail } from '../../store/task-detail-store.ts';
import type { StoredTask } from '../../store/task-store.ts';
import { loadTask, readTask, toTaskKey } from '../../store/task-store.ts';
import { isSchedulable } from '../../task-state/task-state.ts';
import { ACTIVE_PLANS, formatReadyTasksHash } from '../../topology/table-keys.ts';
import { enqueueWakeUps } from '../announce-changes.ts';
import { applyTask } from '../apply/apply-transition.ts';
import type {
  EngineDeps,
  LaunchDeps,
  PlanWriteDeps,
  StoreDeps,
  WakeUpDeps,
} from '../engine-deps.ts';
import { launchAttempt } from '../launch/attempt-pod.ts';
import { mapInParallel } from '../map-in-parallel.ts';
import type { Candidate } from './pick-tasks.ts';
import { pickTasks } from './pick-tasks.ts';

// Gives free slots to ready tasks. Tasks named in the message are read from the table at once; the ready index, which may be
// late, is read only while slots are left.

const MAX_RACES = 8;
const PLANS_PER_PAGE = 100;
const MAX_PLANS = 1_000;
const MAX_PAGES = 4;
/** Maximum number of claims in one call, so that all claims fit into the timeout of the handler. */
const MAX_CLAIMS = 100;

/** Claims slots for ready tasks and launches their pods. `named`: tasks in the message, which became ready. */
export async function scheduleTasks(deps: LaunchDeps, named: readonly TaskKey[]): Promise<void> {
  for (let race = 0; race < MAX_RACES; race += 1) {
    // The reads run in parallel, because they delay the next pod after a merge.
    const [pauses, slots, tasks, plans] = await Promise.all([
      loadPauses(deps.table, deps.clock.now()),
      loadSlots(deps.table),
      loadNamedTasks(deps, named),
      loadNamedPlans(deps, named),
    ]);
    if (deps.settings.caps.system <= slots.holders.size) return;
    const pass: SchedulingPass = {
      deps,
      slots,
      pauses,
      pausedUntil: 0,
      plans,
      spendings: new Map(),
      candidates: new Map(),
    };
    for (const stored of tasks) await considerTask(pass, stored);
    await enqueueScheduleAfterPause(pass);
    // If all named tasks get a slot and slots remain, no other task is passed over, so the index is read after the launches.
    const allNamedTasksFit = named.length > 0 && hasRoomForAll(pass);
    if (!allNamedTasksFit) await searchReadyIndex(pass);
    const picked = pickTasks(
      [...pass.candidates.values()],
      listHeldSlots(slots),
      deps.settings.caps,
    );
    const chosen = picked
      .slice(0, MAX_CLAIMS)
      .flatMap((task) => pass.candidates.get(formatTaskId(task)) ?? []);
    if (chosen.length === 0) return;
    const [isReserved, details] = await Promise.all([
      reserveSlots(deps, slots, chosen),
      loadTaskDetails(deps, chosen),
    ]);
    if (!isReserved) continue;
    await mapInParallel(chosen, 8, (task) => claimTask(deps, task, details.get(task)));
    await enqueuePushes(deps, chosen);
    if (allNamedTasksFit || picked.length > MAX_CLAIMS) await scheduleTasks(deps, []);
    return;
  }
}

/** Requests another call at the end of the latest pause that delays a task, because a delayed task has no due time. */
async function enqueueScheduleAfterPause({ deps, pausedUntil }: SchedulingPass): Promise<void> {
  if (pausedUntil === 0) return;
  const waitMs = pausedUntil - deps.clock.now();
  if (waitMs > MAX_MESSAGE_DELAY_MS) return;
  await enqueueWakeUps(deps, [buildSchedulerWakeUp()], Math.max(1, Math.ceil(waitMs / 1_000)));
}

type SchedulableTask = Candidate & { readonly stored: StoredTask; readonly plan: PlanState };

function formatTaskId(key: TaskKey): string {
  return `${key.plan}.${key.run}.${key.task}`;
}

function listHeldSlots(slots: Slots): { readonly plan: string; readonly repo: string }[] {
  return [...slots.holders.values()].map((holder) => ({
    plan: holder.attempt.plan,
    repo: holder.repo,
  }));
}

/** Input and collected candidates of one call of the scheduler. */
type SchedulingPass = {
  readonly deps: PlanWriteDeps;
  readonly slots: Slots;
  readonly pauses: readonly Pause[];
  /** End of the latest pause that delays a task, epoch milliseconds; 0 without such a pause. */
  pausedUntil: number;
  readonly plans: Map<string, StoredPlan>;
  /** Plans of the pass with the spending of their running attempts. */
  readonly spendings: Map<string, StoredPlan>;
  readonly candidates: Map<string, SchedulableTask>;
};

function loadNamedTasks(
  deps: StoreDeps,
  named: readonly TaskKey[],
): Promise<(StoredTask | undefined)[]> {
  const keys = [...new Map(named.map((key) => [formatTaskId(key), key])).values()];
  return mapInParallel(keys, 16, (key) => loadTask(deps.table, key));
}

async function loadNamedPlans(
  deps: StoreDeps,
  named: readonly TaskKey[],
): Promise<Map<string, StoredPlan>> {
  const ids = [...new Set(named.map((key) => key.plan))];
  const plans = await mapInParallel(ids, 8, (id) => loadPlan(deps.table, id));
  return new Map(plans.flatMap((plan) => (plan === undefined ? [] : [[plan.state.id, plan]])));
}

async function enqueuePushes(deps: WakeUpDeps, chosen: readonly SchedulableTask[]): Promise<void> {
  const plans = [...new Set(chosen.map(({ task }) => task.plan))];
  await enqueueWakeUps(deps, plans.map(buildPlanPush));
}

function hasRoomForAll({ deps, slots, candidates }: SchedulingPass): boolean {
  const { caps } = deps.settings;
  const freeSlots = caps.system - slots.holders.size;
  if (candidates.size === 0 || candidates.size >= freeSlots) return false;
  return pickTasks([...candidates.values()], listHeldSlots(slots), caps).length === candidates.size;
}

async function searchReadyIndex(pass: SchedulingPass): Promise<void> {
  const { table } = pass.deps;
  let after: string | undefined;
  let readCount = 0;
  do {
    const page = await table.queryIndex('ready', ACTIVE_PLANS, { limit: PLANS_PER_PAGE, after });
    await mapInParallel(page.items, 8, (item) => searchPlanIndex(pass, readPlan(item).state));
    readCount += page.items.length;
    after = page.next;
  } while (after !== undefined && readCount < MAX_PLANS);
}

/** Reads the ready tasks of a plan, best first. Reads further pages only while the caps exclude too many of the read tasks. */
async function searchPlanIndex(pass: SchedulingPass, plan: PlanState): Promise<void> {
  const { deps, slots } = pass;
  if (plan.repositories.every(({ name }) => isSystemPaused(pass, resolveForgeSystem(plan, name))))
    return;
  const freeSlots = deps.settings.caps.system - slots.holders.size;
  let after: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const options = { limit: freeSlots + 8, reverse: true, after };
    const ready = await deps.table.queryIndex(
      'ready',
      formatReadyTasksHash(plan.id, plan.run),
      options,
    );
    for (const item of ready.items) await considerTask(pass, readTask(item));
    const candidatesOfPlan = [...pass.candidates.values()].filter(
      (candidate) => candidate.task.plan === plan.id,
    );
    const picked = pickTasks(candidatesOfPlan, listHeldSlots(slots), deps.settings.caps);
    if (picked.length >= freeSlots) return;
    after = ready.next;
    if (after === undefined) return;
  }
}

/** Adds the task to the candidates, unless a pause, a used-up budget or the state of its plan prevents an attempt. */
async function considerTask(pass: SchedulingPass, stored: StoredTask | undefined): Promise<void> {
  const { deps, slots, plans, candidates } = pass;
  if (
    stored === undefined ||
    candidates.has(formatTaskId(stored.state)) ||
    !isSchedulable(stored.state)
  )
    return;
  if (stored.state.nextAttemptKind !== 'verify' && isSystemPaused(pass, MODEL_SYSTEM)) return;
  const key = toTaskKey(stored.state);
  // The index may still list a task whose slot was reserved a moment ago.
  if (slots.holders.has(formatAttemptId({ ...key, attemptNumber: stored.state.attempt + 1 })))
    return;
  const plan = plans.get(key.plan) ?? (await loadPlan(deps.table, key.plan));
  if (plan === undefined || plan.state.status !== 'active' || plan.state.run !== key.run) return;
  plans.set(key.plan, plan);
  if (!isReleasable(plan.state)) return;
  // Every kind of attempt needs the forge.
  if (isSystemPaused(pass, resolveForgeSystem(plan.state, stored.state.repo))) return;
  if (stored.state.nextAttemptKind !== 'verify' && (await isBudgetUsed(pass, plan))) return;
  candidates.set(formatTaskId(key), {
    task: stored.state,
    stored,
    plan: plan.state,
    planCap: plan.state.options.maxParallel ?? deps.settings.caps.plan,
  });
}

/** Returns true if no attempt with a model may start. The spending of a plan with a budget is read once in a pass. */
async function isBudgetUsed(
  { deps, spendings }: SchedulingPass,
  plan: StoredPlan,
): Promise<boolean> {
  const { id } = plan.state;
  const spending = spendings.get(id) ?? (await addLiveSpending(deps.table, plan));
  spendings.set(id, spending);
  return isOverBudget(spending);
}

function resolveForgeSystem(plan: PlanState, repo: string): string {
  return formatForgeSystem(requirePlanRepository(plan, repo).forge, repo);
}

function isSystemPaused(pass: SchedulingPass, system: string): boolean {
  const pause = pass.pauses.find((candidate) => candidate.system === system);
  pass.pausedUntil = Math.max(pass.pausedUntil, pause?.until ?? 0);
  return pause !== undefined;
}

async function reserveSlots(
  deps: Pick<EngineDeps, 'table' | 'clock'>,
  slots: Slots,
  tasks: readonly SchedulableTask[],
): Promise<boolean> {
  const since = deps.clock.now();
  const added: SlotHolder[] = tasks.map(({ stored: { state } }) => ({
    attempt: { ...toTaskKey(state), attemptNumber: state.attempt + 1 },
    repo: state.repo,
    since,
  }));
  if (await addSlotHolders(deps.table, slots, added)) return true;
  // If the response of the write was lost, the write seems to have lost a race, but the slots are reserved.
  const { holders } = await loadSlots(deps.table);
  return added.every(({ attempt }) => holders.get(formatAttemptId(attempt))?.since === since);
}

/** Loads the texts of the chosen tasks in parallel with the reservation, so that the launch starts earlier. */
async function loadTaskDetails(
  deps: StoreDeps,
  chosen: readonly SchedulableTask[],
): Promise<Map<SchedulableTask, TaskDetail | undefined>> {
  const details = await mapInParallel(chosen, 16, ({ task }) =>
    loadTaskDetail(deps.table, toTaskKey(task)),
  );
  return new Map(chosen.map((task, index) => [task, details[index]]));
}

/** Claims a task under the attempt number of its reserved slot, which no other claim can use, and launches the pod. */
async function claimTask(
  deps: LaunchDeps,
  { stored, task, plan }: SchedulableTask,
  detail: TaskDetail | undefined,
): Promise<void> {
  const key = toTaskKey(task);
  const n = task.attempt + 1;
  const leaseUntil = deps.clock.now() + deps.settings.launchTimeoutMs;
  const applied = await applyTask(
    deps,
    key,
    { type: 'claimed', n, kind: task.nextAttemptKind, leaseUntil },
    { actor: 'scheduler', loaded: stored, announce: 'none' },
  );
  const claimed = 'task' in applied ? applied.task : undefined;
  // A concurrent scheduler with the same reservation may have made the claim; then the slot stays in use.
  if (claimed?.state.liveAttempt?.attemptNumber !== n) {
    await removeSlotHolders(deps.table, [formatAttemptId({ ...key, attemptNumber: n })]);
    return;
  }
  await launchAttempt(deps, plan, claimed, detail);
}
