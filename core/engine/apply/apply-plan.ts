import { AppError } from '../../base/app-error.ts';
import type { PlanState, PlanTransition } from '../../plan-state/plan-state.ts';
import type { StoredPlan } from '../../store/plan-store.ts';
import { loadPlan, savePlan } from '../../store/plan-store.ts';
import type { EngineDeps } from '../engine-deps.ts';

export type PlanChange = {
  readonly event: string;
  readonly actor: string;
  readonly reason?: string;
  readonly dueAt?: number;
};

const MAX_RACES = 12;

/**
 * Reads a plan's head, lets `decide` make the next one (undefined: nothing to do) and writes it over exactly that version.
 * Without `dueAt` the new head is due at once: whoever handles it settles it.
 */
export async function applyPlan(
  deps: EngineDeps,
  plan: string,
  change: PlanChange,
  decide: (state: PlanState, now: number) => PlanState | undefined,
): Promise<StoredPlan | undefined> {
  for (let race = 0; race < MAX_RACES; race += 1) {
    const before = await loadPlan(deps.table, plan);
    if (before === undefined)
      throw new AppError('notFound', 'plan_unknown', `there is no plan ${plan}`);
    const now = deps.clock.now();
    const next = decide(before.state, now);
    if (next === undefined) return undefined;
    const last: PlanTransition = {
      version: before.version + 1,
      at: now,
      from: before.state.status,
      to: next.status,
      event: change.event,
      actor: change.actor,
      reason: change.reason,
    };
    const saved = await savePlan(
      deps.table,
      before,
      { ...next, last },
      { now, dueAt: change.dueAt ?? now },
    );
    if (saved !== undefined) return saved;
  }
  throw new AppError(
    'transient',
    'contended',
    `plan ${plan} changed ${MAX_RACES} times while it was being written`,
  );
}

export async function requirePlan(
  deps: Pick<EngineDeps, 'table'>,
  plan: string,
): Promise<StoredPlan> {
  const stored = await loadPlan(deps.table, plan);
  if (stored === undefined)
    throw new AppError('notFound', 'plan_unknown', `there is no plan ${plan}`);
  return stored;
}

export function requirePlanRepository(
  plan: PlanState,
  name: string,
): PlanState['repositories'][number] {
  const repository =
    plan.repositories.find((candidate) => candidate.name === name) ?? plan.repositories[0];
  if (repository === undefined)
    throw new AppError('bug', 'plan_without_repository', `plan ${plan.id} has no repository`);
  return repository;
}
