import { formatAttemptId, type TaskKey } from '../../contract/id.ts';
import type { PlanState } from '../../lifecycle/plan-state.ts';
import { ACTIVE_PLANS, readyTasks } from '../../store/key.ts';
import { forgeFor, loadPauses, MODEL, type Pause } from '../../store/pause-store.ts';
import { loadPlan, readPlan, type StoredPlan } from '../../store/plan-store.ts';
import {
  addHolders,
  type Holder,
  loadSlots,
  removeHolders,
  type Slots,
} from '../../store/slot-store.ts';
import { loadDetail, type TaskDetail } from '../../store/task-detail.ts';
import { loadTask, readTask, type StoredTask, taskKeyOf } from '../../store/task-store.ts';
import { isSchedulable } from '../../task/state.ts';
import { repositoryOf } from '../apply-plan.ts';
import { applyTask, hintAll, LONGEST_HINT_MS } from '../apply-task.ts';
import { launch } from '../attempt/launch.ts';
import type { EngineDeps } from '../deps.ts';
import { inParallel } from '../in-parallel.ts';
import { overBudget } from '../plan/budget.ts';
import { type Candidate, pickTasks } from './pick.ts';

// Hands free slots to ready tasks. What is nudged is read at once and consistently; the ready index, which may be late, is
// joined to it only while slots are left.

const MAX_RACES = 8;
const PLANS_PER_PAGE = 100;
const MAX_PLANS = 1_000;
const MAX_PAGES = 4;
/** In one write of the slots, and within the time that a handler has for their claims. */
const MAX_CLAIMS = 100;

export async function schedule(deps: EngineDeps, nudged: readonly TaskKey[]): Promise<void> {
  for (let race = 0; race < MAX_RACES; race += 1) {
    // At once, since each of them is on the way from a merge to the next pod.
    const [pauses, slots, tasks, plans] = await Promise.all([
      loadPauses(deps.table, deps.clock.now()),
      loadSlots(deps.table),
      readNudged(deps, nudged),
      readPlans(deps, nudged),
    ]);
    if (deps.settings.caps.system <= slots.holders.size) return;
    const search: Search = { deps, slots, pauses, heldUntil: 0, plans, found: new Map() };
    for (const stored of tasks) await consider(search, stored);
    await comeBackAfter(search);
    // With room for all of them nobody else is passed over: the index is read when they are on their way.
    const roomy = nudged.length > 0 && hasRoomForAll(search);
    if (!roomy) await readIndex(search);
    const picked = pickTasks([...search.found.values()], heldBy(slots), deps.settings.caps);
    const chosen = picked
      .slice(0, MAX_CLAIMS)
      .flatMap((task) => search.found.get(idOf(task)) ?? []);
    if (chosen.length === 0) return;
    const [reserved, details] = await Promise.all([
      reserve(deps, slots, chosen),
      readDetails(deps, chosen),
    ]);
    if (!reserved) continue;
    await inParallel(chosen, 8, (task) => claim(deps, task, details.get(task)));
    await tellWatchers(deps, chosen);
    if (roomy || picked.length > MAX_CLAIMS) await schedule(deps, []);
    return;
  }
}

/** Who was nudged and is held back now is not due by itself. Once only: later on parked tasks and their plans ask again. */
async function comeBackAfter({ deps, heldUntil }: Search): Promise<void> {
  if (heldUntil === 0) return;
  const waitMs = heldUntil - deps.clock.now();
  if (waitMs > LONGEST_HINT_MS) return;
  await hintAll(
    deps,
    [{ type: 'schedule', v: 1, tasks: [] }],
    Math.max(1, Math.ceil(waitMs / 1_000)),
  );
}

type Found = Candidate & { stored: StoredTask; plan: PlanState };

function idOf(key: TaskKey): string {
  return `${key.plan}.${key.run}.${key.task}`;
}

function heldBy(slots: Slots): { plan: string; repo: string }[] {
  return [...slots.holders.values()].map((holder) => ({
    plan: holder.attempt.plan,
    repo: holder.repo,
  }));
}

type Search = {
  deps: EngineDeps;
  slots: Slots;
  pauses: readonly Pause[];
  /** When the last pause that holds back a task that was met is over; 0: none does. */
  heldUntil: number;
  plans: Map<string, StoredPlan>;
  found: Map<string, Found>;
};

function readNudged(
  deps: EngineDeps,
  nudged: readonly TaskKey[],
): Promise<(StoredTask | undefined)[]> {
  const keys = [...new Map(nudged.map((key) => [idOf(key), key])).values()];
  return inParallel(keys, 16, (key) => loadTask(deps.table, key));
}

async function readPlans(
  deps: EngineDeps,
  nudged: readonly TaskKey[],
): Promise<Map<string, StoredPlan>> {
  const ids = [...new Set(nudged.map((key) => key.plan))];
  const read = await inParallel(ids, 8, (id) => loadPlan(deps.table, id));
  return new Map(read.flatMap((plan) => (plan === undefined ? [] : [[plan.state.id, plan]])));
}

async function tellWatchers(deps: EngineDeps, chosen: readonly Found[]): Promise<void> {
  const plans = [...new Set(chosen.map(({ task }) => task.plan))];
  await hintAll(
    deps,
    plans.map((plan) => ({ type: 'push', v: 1, plan })),
  );
}

function hasRoomForAll({ deps, slots, found }: Search): boolean {
  const { caps } = deps.settings;
  const free = caps.system - slots.holders.size;
  if (found.size === 0 || found.size >= free) return false;
  return pickTasks([...found.values()], heldBy(slots), caps).length === found.size;
}

async function readIndex(search: Search): Promise<void> {
  const { table } = search.deps;
  let after: string | undefined;
  let read = 0;
  do {
    const page = await table.index('ready', ACTIVE_PLANS, { limit: PLANS_PER_PAGE, after });
    await inParallel(page.items, 8, (item) => readPlanIndex(search, readPlan(item).state));
    read += page.items.length;
    after = page.next;
  } while (after !== undefined && read < MAX_PLANS);
}

/** The best of one plan; further pages only while caps keep those before from being taken. */
async function readPlanIndex(search: Search, plan: PlanState): Promise<void> {
  const { deps, slots } = search;
  if (plan.repositories.every(({ name }) => isPaused(search, forgeOfTask(plan, name)))) return;
  const free = deps.settings.caps.system - slots.holders.size;
  let after: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const options = { limit: free + 8, reverse: true, after };
    const ready = await deps.table.index('ready', readyTasks(plan.id, plan.run), options);
    for (const item of ready.items) await consider(search, readTask(item));
    const own = [...search.found.values()].filter((one) => one.task.plan === plan.id);
    if (pickTasks(own, heldBy(slots), deps.settings.caps).length >= free) return;
    after = ready.next;
    if (after === undefined) return;
  }
}

async function consider(search: Search, stored: StoredTask | undefined): Promise<void> {
  const { deps, slots, plans, found } = search;
  if (stored === undefined || found.has(idOf(stored.state)) || !isSchedulable(stored.state)) return;
  if (stored.state.wants !== 'verify' && isPaused(search, MODEL)) return;
  const key = taskKeyOf(stored.state);
  // An index that is late still shows what was reserved a moment ago.
  if (slots.holders.has(formatAttemptId({ ...key, n: stored.state.attempt + 1 }))) return;
  const plan = plans.get(key.plan) ?? (await loadPlan(deps.table, key.plan));
  if (plan === undefined || plan.state.status !== 'active' || plan.state.run !== key.run) return;
  plans.set(key.plan, plan);
  // No attempt gets anywhere without the forge, of whatever kind it is.
  if (isPaused(search, forgeOfTask(plan.state, stored.state.repo))) return;
  if (overBudget(plan) && stored.state.wants !== 'verify') return;
  found.set(idOf(key), {
    task: stored.state,
    stored,
    plan: plan.state,
    planCap: plan.state.options.maxParallel ?? deps.settings.caps.plan,
  });
}

function forgeOfTask(plan: PlanState, repo: string): string {
  return forgeFor(repositoryOf(plan, repo).forge, repo);
}

function isPaused(search: Search, what: string): boolean {
  const pause = search.pauses.find((one) => one.what === what);
  search.heldUntil = Math.max(search.heldUntil, pause?.until ?? 0);
  return pause !== undefined;
}

async function reserve(deps: EngineDeps, slots: Slots, tasks: readonly Found[]): Promise<boolean> {
  const since = deps.clock.now();
  const added: Holder[] = tasks.map(({ stored: { state } }) => ({
    attempt: { ...taskKeyOf(state), n: state.attempt + 1 },
    repo: state.repo,
    since,
  }));
  if (await addHolders(deps.table, slots, added)) return true;
  // A write whose answer was lost looks like a lost race.
  const { holders } = await loadSlots(deps.table);
  return added.every(({ attempt }) => holders.get(formatAttemptId(attempt))?.since === since);
}

/** Once the slot is taken only the claim stands before the pod. */
async function readDetails(
  deps: EngineDeps,
  chosen: readonly Found[],
): Promise<Map<Found, TaskDetail | undefined>> {
  const details = await inParallel(chosen, 16, ({ task }) =>
    loadDetail(deps.table, taskKeyOf(task)),
  );
  return new Map(chosen.map((task, place) => [task, details[place]]));
}

/** The claim is under the number that the slot was reserved for, which nobody else can have. */
async function claim(
  deps: EngineDeps,
  { stored, task, plan }: Found,
  detail: TaskDetail | undefined,
): Promise<void> {
  const key = taskKeyOf(task);
  const n = task.attempt + 1;
  const leaseUntil = deps.clock.now() + deps.settings.launchMs;
  const applied = await applyTask(
    deps,
    key,
    { type: 'claimed', n, kind: task.wants, leaseUntil },
    { actor: 'scheduler', loaded: stored, hint: false, quiet: true },
  );
  const claimed = 'task' in applied ? applied.task : undefined;
  // Another scheduler may have claimed it for the very reservation: then the slot is in use all the same.
  if (claimed?.state.current?.n !== n) {
    await removeHolders(deps.table, [formatAttemptId({ ...key, n })]);
    return;
  }
  await launch(deps, plan, claimed, detail);
}
