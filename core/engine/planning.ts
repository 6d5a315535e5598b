import { isAppError } from '../error.ts';
import { type PlanState, withNotice, withoutNotice } from '../lifecycle/plan-state.ts';
import type { Llm } from '../port/llm.ts';
import { recordPause } from '../store/pause-store.ts';
import { loadPlan } from '../store/plan-store.ts';
import { applyPlan } from './apply-plan.ts';
import { hintAll } from './apply-task.ts';
import type { EngineDeps } from './deps.ts';
import {
  assessStep,
  decomposeStep,
  exploreStep,
  preflightStep,
  type StepResult,
} from './planning-steps.ts';

// The planning job: claimed by a lease on the plan's head and resumable, since each step's result is written before the
// next begins. A model that cannot be reached parks it; only an answer that stays unusable fails it, with the reason.

export type PlannerDeps = EngineDeps & { llm: Llm };

/** As long as the slowest model may take for one step. */
const LEASE_MS = 240_000;
const MAX_FAULTS = 5;

const STEPS = {
  queued: preflightStep,
  preflight: preflightStep,
  explore: exploreStep,
  assess: assessStep,
  decompose: decomposeStep,
} satisfies Record<
  Exclude<PlanState['planning']['stage'], 'done'>,
  (deps: PlannerDeps, plan: PlanState) => Promise<StepResult>
>;

export async function planStep(deps: PlannerDeps, id: string): Promise<void> {
  for (;;) {
    const claimed = await claim(deps, id);
    if (claimed === undefined || claimed.planning.stage === 'done') return;
    try {
      const result = await STEPS[claimed.planning.stage](deps, claimed);
      const saved = await keep(deps, claimed, result);
      if (!saved) return;
    } catch (error) {
      await failed(deps, claimed, error);
      return;
    }
  }
}

/** Undefined: not planning, parked, or another job has it. */
async function claim(deps: EngineDeps, id: string): Promise<PlanState | undefined> {
  const stored = await loadPlan(deps.table, id);
  if (stored === undefined || stored.state.status !== 'planning') return undefined;
  const now = deps.clock.now();
  if (stored.state.planning.leaseUntil > now) return undefined;
  if ((stored.state.planning.parkedUntil ?? 0) > now) return undefined;
  const saved = await applyPlan(
    deps,
    id,
    { event: 'planning', actor: 'planner', dueAt: now + LEASE_MS },
    (state, at) => {
      if (state.status !== 'planning' || state.planning.leaseUntil > at) return undefined;
      return {
        ...state,
        planning: { ...state.planning, leaseUntil: at + LEASE_MS, parkedUntil: undefined },
      };
    },
  );
  return saved?.state;
}

/** False: somebody else took over, or the plan was cancelled: the result is dropped. */
async function keep(deps: EngineDeps, claimed: PlanState, result: StepResult): Promise<boolean> {
  const saved = await applyPlan(
    deps,
    claimed.id,
    { event: `planned_${claimed.planning.stage}`, actor: 'planner' },
    (state) => {
      if (state.status !== 'planning' || state.planning.leaseUntil !== claimed.planning.leaseUntil)
        return undefined;
      const next = withoutNotice(
        withoutNotice(result.apply(state), 'planning_parked'),
        'planning_retried',
      );
      return {
        ...next,
        planning: { ...next.planning, stage: result.next, leaseUntil: 0, faults: 0 },
      };
    },
  );
  if (saved === undefined) return false;
  await hintAll(deps, [{ type: 'push', v: 1, plan: claimed.id }]);
  if (saved.state.status !== 'planning')
    await hintAll(deps, [{ type: 'drive_plan', v: 1, plan: claimed.id }]);
  return saved.state.status === 'planning';
}

async function failed(deps: EngineDeps, claimed: PlanState, error: unknown): Promise<void> {
  const now = deps.clock.now();
  const why = error instanceof Error ? error.message : String(error);
  deps.log.warn('planning step failed', {
    plan: claimed.id,
    stage: claimed.planning.stage,
    cause: why,
  });
  if (isAppError(error, 'paused') || isAppError(error, 'auth')) {
    const until = Math.max(error.details.until ?? now + 60_000, now + 1_000);
    const asksModel = claimed.planning.stage === 'assess' || claimed.planning.stage === 'decompose';
    await recordPause(deps.table, { what: asksModel ? 'model' : 'forge', until, reason: why });
    await park(deps, claimed, why, until, 'planning_parked', 0);
    return;
  }
  const passing = isAppError(error, 'transient') || !isAppError(error);
  if (passing && claimed.planning.faults + 1 < MAX_FAULTS) {
    await park(
      deps,
      claimed,
      why,
      now + 2_000 * 2 ** claimed.planning.faults,
      'planning_retried',
      1,
    );
    return;
  }
  await applyPlan(
    deps,
    claimed.id,
    { event: 'planning_failed', actor: 'planner', reason: why },
    (state) => {
      if (state.status !== 'planning') return undefined;
      return {
        ...state,
        status: 'failed',
        reason: why,
        finishedAt: now,
        planning: { ...state.planning, leaseUntil: 0 },
      };
    },
  );
  await hintAll(deps, [{ type: 'push', v: 1, plan: claimed.id }]);
}

async function park(
  deps: EngineDeps,
  claimed: PlanState,
  why: string,
  until: number,
  code: string,
  faults: number,
): Promise<void> {
  const now = deps.clock.now();
  await applyPlan(
    deps,
    claimed.id,
    { event: code, actor: 'planner', reason: why, dueAt: until },
    (state) => {
      if (state.status !== 'planning') return undefined;
      const planning = {
        ...state.planning,
        leaseUntil: 0,
        parkedUntil: until,
        faults: state.planning.faults + faults,
      };
      return { ...withNotice(state, { level: 'warning', code, message: why, at: now }), planning };
    },
  );
  const seconds = Math.ceil((until - now) / 1_000);
  if (seconds <= 900) await hintAll(deps, [{ type: 'plan', v: 1, plan: claimed.id }], seconds);
}
