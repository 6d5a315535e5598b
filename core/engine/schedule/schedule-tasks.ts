import type { TaskKey } from '../../contract/id.ts';
import { formatAttemptId } from '../../contract/id.ts';
import { isOverBudget } from '../../plan-state/plan-budget.ts';
import { requirePlanRepository } from '../../plan-state/plan-guards.ts';
import type { PlanState } from '../../plan-state/plan-state.ts';
import { MAX_MESSAGE_DELAY_MS } from '../../port/queue.ts';
import type { StoredPlan } from '../../store/plan-store.ts';
import { loadPlan, readPlan } from '../../store/plan-store.ts';
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
import { enqueueWakeUps } from '../announce/enqueue-wake-ups.ts';
import { applyTask } from '../apply/apply-task.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { launchAttempt } from '../launch/attempt-pod.ts';
import { mapInParallel } from '../map-in-parallel.ts';
import type { Candidate } from './pick-tasks.ts';
import { pickTasks } from './pick-tasks.ts';

// Hands free slots to ready tasks. What is nudged is read at once and consistently; the ready index, which may be late, is
// joined to it only while slots are left.

const MAX_RACES = 8;
const PLANS_PER_PAGE = 100;
const MAX_PLANS = 1_000;
const MAX_PAGES = 4;
/** In one write of the slots, and within the time that a handler has for their claims. */
const MAX_CLAIMS = 100;

export async function scheduleTasks(deps: EngineDeps, nudged: readonly TaskKey[]): Promise<void> {
  for (let race = 0; race < MAX_RACES; race += 1) {
    // At once, since each of them is on the way from a merge to the next pod.
    const [pauses, slots, tasks, plans] = await Promise.all([
      loadPauses(deps.table, deps.clock.now()),
      loadSlots(deps.table),
      loadNudgedTasks(deps, nudged),
      loadNudgedPlans(deps, nudged),
    ]);
    if (deps.settings.caps.system <= slots.holders.size) return;
    const search: SchedulingPass = { deps, slots, pauses, pausedUntil: 0, plans, found: new Map() };
    for (const stored of tasks) await considerTask(search, stored);
    await enqueueScheduleAfterPause(search);
    // With room for all of them nobody else is passed over: the index is read when they are on their way.
    const roomy = nudged.length > 0 && hasRoomForAll(search);
    if (!roomy) await searchReadyIndex(search);
    const picked = pickTasks([...search.found.values()], listHeldSlots(slots), deps.settings.caps);
    const chosen = picked
      .slice(0, MAX_CLAIMS)
      .flatMap((task) => search.found.get(formatTaskId(task)) ?? []);
    if (chosen.length === 0) return;
    const [reserved, details] = await Promise.all([
      reserveSlots(deps, slots, chosen),
      loadTaskDetails(deps, chosen),
    ]);
    if (!reserved) continue;
    await mapInParallel(chosen, 8, (task) => claimTask(deps, task, details.get(task)));
    await enqueuePushes(deps, chosen);
    if (roomy || picked.length > MAX_CLAIMS) await scheduleTasks(deps, []);
    return;
  }
}

/** Who was nudged and is held back now is not due by itself. Once only: later on parked tasks and their plans ask again. */
async function enqueueScheduleAfterPause({ deps, pausedUntil }: SchedulingPass): Promise<void> {
  if (pausedUntil === 0) return;
  const waitMs = pausedUntil - deps.clock.now();
  if (waitMs > MAX_MESSAGE_DELAY_MS) return;
  await enqueueWakeUps(
    deps,
    [{ type: 'schedule', v: 1, tasks: [] }],
    Math.max(1, Math.ceil(waitMs / 1_000)),
  );
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

type SchedulingPass = {
  readonly deps: EngineDeps;
  readonly slots: Slots;
  readonly pauses: readonly Pause[];
  /** When the last pause that holds back a task that was met is over; 0: none does. */
  pausedUntil: number;
  readonly plans: Map<string, StoredPlan>;
  readonly found: Map<string, SchedulableTask>;
};

function loadNudgedTasks(
  deps: EngineDeps,
  nudged: readonly TaskKey[],
): Promise<(StoredTask | undefined)[]> {
  const keys = [...new Map(nudged.map((key) => [formatTaskId(key), key])).values()];
  return mapInParallel(keys, 16, (key) => loadTask(deps.table, key));
}

async function loadNudgedPlans(
  deps: EngineDeps,
  nudged: readonly TaskKey[],
): Promise<Map<string, StoredPlan>> {
  const ids = [...new Set(nudged.map((key) => key.plan))];
  const read = await mapInParallel(ids, 8, (id) => loadPlan(deps.table, id));
  return new Map(read.flatMap((plan) => (plan === undefined ? [] : [[plan.state.id, plan]])));
}

async function enqueuePushes(deps: EngineDeps, chosen: readonly SchedulableTask[]): Promise<void> {
  const plans = [...new Set(chosen.map(({ task }) => task.plan))];
  await enqueueWakeUps(
    deps,
    plans.map((plan) => ({ type: 'push', v: 1, plan })),
  );
}

function hasRoomForAll({ deps, slots, found }: SchedulingPass): boolean {
  const { caps } = deps.settings;
  const free = caps.system - slots.holders.size;
  if (found.size === 0 || found.size >= free) return false;
  return pickTasks([...found.values()], listHeldSlots(slots), caps).length === found.size;
}

async function searchReadyIndex(search: SchedulingPass): Promise<void> {
  const { table } = search.deps;
  let after: string | undefined;
  let read = 0;
  do {
    const page = await table.index('ready', ACTIVE_PLANS, { limit: PLANS_PER_PAGE, after });
    await mapInParallel(page.items, 8, (item) => searchPlanIndex(search, readPlan(item).state));
    read += page.items.length;
    after = page.next;
  } while (after !== undefined && read < MAX_PLANS);
}

/** The best of one plan; further pages only while caps keep those before from being taken. */
async function searchPlanIndex(search: SchedulingPass, plan: PlanState): Promise<void> {
  const { deps, slots } = search;
  if (plan.repositories.every(({ name }) => isSystemPaused(search, resolveForgeSystem(plan, name))))
    return;
  const free = deps.settings.caps.system - slots.holders.size;
  let after: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const options = { limit: free + 8, reverse: true, after };
    const ready = await deps.table.index('ready', formatReadyTasksHash(plan.id, plan.run), options);
    for (const item of ready.items) await considerTask(search, readTask(item));
    const own = [...search.found.values()].filter((one) => one.task.plan === plan.id);
    if (pickTasks(own, listHeldSlots(slots), deps.settings.caps).length >= free) return;
    after = ready.next;
    if (after === undefined) return;
  }
}

async function considerTask(search: SchedulingPass, stored: StoredTask | undefined): Promise<void> {
  const { deps, slots, plans, found } = search;
  if (stored === undefined || found.has(formatTaskId(stored.state)) || !isSchedulable(stored.state))
    return;
  if (stored.state.nextAttemptKind !== 'verify' && isSystemPaused(search, MODEL_SYSTEM)) return;
  const key = toTaskKey(stored.state);
  // An index that is late still shows what was reserved a moment ago.
  if (slots.holders.has(formatAttemptId({ ...key, n: stored.state.attempt + 1 }))) return;
  const plan = plans.get(key.plan) ?? (await loadPlan(deps.table, key.plan));
  if (plan === undefined || plan.state.status !== 'active' || plan.state.run !== key.run) return;
  plans.set(key.plan, plan);
  // No attempt gets anywhere without the forge, of whatever kind it is.
  if (isSystemPaused(search, resolveForgeSystem(plan.state, stored.state.repo))) return;
  if (isOverBudget(plan) && stored.state.nextAttemptKind !== 'verify') return;
  found.set(formatTaskId(key), {
    task: stored.state,
    stored,
    plan: plan.state,
    planCap: plan.state.options.maxParallel ?? deps.settings.caps.plan,
  });
}

function resolveForgeSystem(plan: PlanState, repo: string): string {
  return formatForgeSystem(requirePlanRepository(plan, repo).forge, repo);
}

function isSystemPaused(search: SchedulingPass, what: string): boolean {
  const pause = search.pauses.find((one) => one.what === what);
  search.pausedUntil = Math.max(search.pausedUntil, pause?.until ?? 0);
  return pause !== undefined;
}

async function reserveSlots(
  deps: EngineDeps,
  slots: Slots,
  tasks: readonly SchedulableTask[],
): Promise<boolean> {
  const since = deps.clock.now();
  const added: SlotHolder[] = tasks.map(({ stored: { state } }) => ({
    attempt: { ...toTaskKey(state), n: state.attempt + 1 },
    repo: state.repo,
    since,
  }));
  if (await addSlotHolders(deps.table, slots, added)) return true;
  // A write whose answer was lost looks like a lost race.
  const { holders } = await loadSlots(deps.table);
  return added.every(({ attempt }) => holders.get(formatAttemptId(attempt))?.since === since);
}

/** Once the slot is taken only the claim stands before the pod. */
async function loadTaskDetails(
  deps: EngineDeps,
  chosen: readonly SchedulableTask[],
): Promise<Map<SchedulableTask, TaskDetail | undefined>> {
  const details = await mapInParallel(chosen, 16, ({ task }) =>
    loadTaskDetail(deps.table, toTaskKey(task)),
  );
  return new Map(chosen.map((task, place) => [task, details[place]]));
}

/** The claim is under the number that the slot was reserved for, which nobody else can have. */
async function claimTask(
  deps: EngineDeps,
  { stored, task, plan }: SchedulableTask,
  detail: TaskDetail | undefined,
): Promise<void> {
  const key = toTaskKey(task);
  const n = task.attempt + 1;
  const leaseUntil = deps.clock.now() + deps.settings.launchMs;
  const applied = await applyTask(
    deps,
    key,
    { type: 'claimed', n, kind: task.nextAttemptKind, leaseUntil },
    { actor: 'scheduler', loaded: stored, announce: 'none' },
  );
  const claimed = 'task' in applied ? applied.task : undefined;
  // Another scheduler may have claimed it for the very reservation: then the slot is in use all the same.
  if (claimed?.state.current?.n !== n) {
    await removeSlotHolders(deps.table, [formatAttemptId({ ...key, n })]);
    return;
  }
  await launchAttempt(deps, plan, claimed, detail);
}
