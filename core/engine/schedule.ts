import { formatAttemptId, type TaskKey } from '../contract/id.ts';
import type { PlanState } from '../lifecycle/plan-state.ts';
import { ACTIVE_PLANS, readyTasks } from '../store/key.ts';
import { pauseOf } from '../store/pause-store.ts';
import { loadPlan, readPlan, type StoredPlan } from '../store/plan-store.ts';
import {
  addHolders,
  type Holder,
  loadSlots,
  removeHolders,
  type Slots,
} from '../store/slot-store.ts';
import { loadTask, readTask, type StoredTask, taskKeyOf } from '../store/task-store.ts';
import { isSchedulable } from '../task/state.ts';
import { applyTask } from './apply-task.ts';
import type { EngineDeps } from './deps.ts';
import { inParallel } from './in-parallel.ts';
import { launch } from './launch.ts';
import { type Candidate, pickTasks } from './pick.ts';

// Hands free slots to ready tasks. What is nudged is read at once and consistently; the ready index, which may be late, is
// joined to it only while slots are left.

const MAX_RACES = 8;

export async function schedule(deps: EngineDeps, nudged: readonly TaskKey[]): Promise<void> {
  const modelPaused = (await pauseOf(deps.table, 'model', deps.clock.now())) !== undefined;
  for (let race = 0; race < MAX_RACES; race += 1) {
    const slots = await loadSlots(deps.table);
    if (deps.settings.caps.system <= slots.holders.size) return;
    const candidates = await gather(deps, nudged, slots, modelPaused);
    const picked = pickTasks([...candidates.values()], heldBy(slots), deps.settings.caps);
    if (picked.length === 0) return;
    const tasks = picked.flatMap((task) => candidates.get(idOf(task)) ?? []);
    if (await reserve(deps, slots, tasks)) {
      await inParallel(tasks, 8, (task) => claim(deps, task));
      return;
    }
  }
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

async function gather(
  deps: EngineDeps,
  nudged: readonly TaskKey[],
  slots: Slots,
  modelPaused: boolean,
): Promise<Map<string, Found>> {
  const free = deps.settings.caps.system - slots.holders.size;
  const plans = new Map<string, StoredPlan>();
  const found = new Map<string, Found>();
  const read = await inParallel(
    [...new Map(nudged.map((key) => [idOf(key), key])).values()],
    16,
    (key) => loadTask(deps.table, key),
  );
  for (const stored of read) await consider(deps, stored, plans, found, slots, modelPaused);
  if (found.size >= free) return found;
  const active = await deps.table.index('ready', ACTIVE_PLANS, { limit: 200 });
  for (const item of active.items) {
    const plan = readPlan(item).state;
    const page = await deps.table.index('ready', readyTasks(plan.id, plan.run), {
      limit: free + 8,
      reverse: true,
    });
    for (const ready of page.items)
      await consider(deps, readTask(ready), plans, found, slots, modelPaused);
  }
  return found;
}

async function consider(
  deps: EngineDeps,
  stored: StoredTask | undefined,
  plans: Map<string, StoredPlan>,
  found: Map<string, Found>,
  slots: Slots,
  modelPaused: boolean,
): Promise<void> {
  if (stored === undefined || found.has(idOf(stored.state)) || !isSchedulable(stored.state)) return;
  if (modelPaused && stored.state.wants !== 'verify') return;
  const key = taskKeyOf(stored.state);
  // An index that is late still shows what was reserved a moment ago.
  if (slots.holders.has(formatAttemptId({ ...key, n: stored.state.attempt + 1 }))) return;
  const plan = plans.get(key.plan) ?? (await loadPlan(deps.table, key.plan));
  if (plan === undefined || plan.state.status !== 'active' || plan.state.run !== key.run) return;
  plans.set(key.plan, plan);
  if (overBudget(plan) && stored.state.wants !== 'verify') return;
  found.set(idOf(key), {
    task: stored.state,
    stored,
    plan: plan.state,
    planCap: plan.state.options.maxParallel ?? deps.settings.caps.plan,
  });
}

/** Used up: what runs may end, nothing new begins. */
export function overBudget(plan: StoredPlan): boolean {
  const { maxTokens, maxUsd } = plan.state.options.budget;
  return (
    (maxTokens !== undefined && plan.usedTokens >= maxTokens) ||
    (maxUsd !== undefined && plan.usedUsd >= maxUsd)
  );
}

async function reserve(deps: EngineDeps, slots: Slots, tasks: readonly Found[]): Promise<boolean> {
  const since = deps.clock.now();
  const added: Holder[] = tasks.map(({ stored: { state } }) => ({
    attempt: { ...taskKeyOf(state), n: state.attempt + 1 },
    repo: state.repo,
    since,
  }));
  return addHolders(deps.table, slots, added);
}

/** The claim is over the version that the slot was reserved for; then the plan must still be active. */
async function claim(deps: EngineDeps, { stored, task }: Found): Promise<void> {
  const key = taskKeyOf(task);
  const n = task.attempt + 1;
  const leaseUntil = deps.clock.now() + deps.settings.launchMs;
  const applied = await applyTask(
    deps,
    key,
    { type: 'claimed', n, kind: task.wants, leaseUntil },
    { actor: 'scheduler', loaded: stored, hint: false },
  );
  if (applied.kind !== 'changed') {
    await removeHolders(deps.table, [formatAttemptId({ ...key, n })]);
    return;
  }
  const plan = await loadPlan(deps.table, key.plan);
  if (plan !== undefined) await launch(deps, plan.state, applied.task);
}
