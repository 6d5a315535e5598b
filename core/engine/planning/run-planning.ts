import { AppError, isAppError } from '../../base/app-error.ts';
import type { PlanState } from '../../plan-state/plan-state.ts';
import { addCondition, removeCondition } from '../../plan-state/plan-state.ts';
import { loadPlan } from '../../store/plan-store.ts';
import { acquirePlannerLease, renewPlannerLease } from '../../store/planner-lease.ts';
import { loadPause, MODEL_SYSTEM } from '../../store/system-store.ts';
import { enqueueWakeUps } from '../announce/enqueue-wake-ups.ts';
import { applyPlan } from '../apply/apply-plan.ts';
import { recordPauseFor } from '../apply/record-pause-for.ts';
import type { EngineDeps } from '../engine-deps.ts';
import type { PlannerDeps, PlanningStepResult } from './planner-deps.ts';
import {
  assessPrompt,
  decomposePrompt,
  exploreRepositories,
  runPreflight,
} from './planning-steps.ts';

// The planning job: claimed by a lease of its own and resumable, since each step's result is written before the
// next begins. A model that cannot be reached parks it; only an answer that stays unusable fails it, with the reason.

const LEASE_MS = 45_000;
const MAX_FAULTS = 5;

const PLANNING_STEPS = {
  queued: runPreflight,
  explore: exploreRepositories,
  assess: assessPrompt,
  decompose: decomposePrompt,
} satisfies Record<
  Exclude<PlanState['planning']['stage'], 'done'>,
  (deps: PlannerDeps, plan: PlanState) => Promise<PlanningStepResult>
>;

export async function runPlanning(deps: PlannerDeps, id: string): Promise<void> {
  const now = deps.clock.now();
  const lease = await acquirePlannerLease(deps.table, id, now, LEASE_MS);
  if ('heldUntil' in lease) {
    const seconds = Math.ceil((lease.heldUntil - now) / 1_000);
    await enqueueWakeUps(deps, [{ type: 'plan', v: 1, plan: id }], Math.max(1, seconds));
    return;
  }
  const renew = () => renewPlannerLease(deps.table, lease, deps.clock.now() + LEASE_MS);
  const stop = deps.keepAlive?.(() => {
    renew().catch((error: unknown) => deps.log.warn('lease not renewed', { cause: String(error) }));
  });
  try {
    await runPlanningSteps(deps, id, renew);
  } finally {
    stop?.();
    await renewPlannerLease(deps.table, lease, 0);
  }
}

async function runPlanningSteps(
  deps: PlannerDeps,
  id: string,
  renew: () => Promise<void>,
): Promise<void> {
  for (;;) {
    const { state } = (await loadPlan(deps.table, id)) ?? {};
    if (state?.status !== 'planning' || state.planning.stage === 'done') return;
    if ((state.planning.parkedUntil ?? 0) > deps.clock.now()) return;
    try {
      await renew();
      if (needsModel(state)) await requireAvailableModel(deps);
      const result = await PLANNING_STEPS[state.planning.stage](deps, state);
      if (!(await saveStepResult(deps, state, result))) return;
    } catch (error) {
      await handleStepFailure(deps, state, error);
      return;
    }
  }
}

function needsModel({ planning, submitted, options, verdict }: PlanState): boolean {
  if (submitted || options.interactive) return false;
  if (planning.stage === 'assess') return options.complexity === 'auto';
  return planning.stage === 'decompose' && verdict?.complexity !== 'simple';
}

/** What has refused another is not asked again before its time, or before a person says that it is back. */
async function requireAvailableModel(deps: EngineDeps): Promise<void> {
  const pause = await loadPause(deps.table, MODEL_SYSTEM, deps.clock.now());
  if (pause === undefined) return;
  throw new AppError('paused', 'model_paused', pause.reason, { details: { until: pause.until } });
}

/** False: the plan was cancelled, or another was first with this step: the result is dropped. */
async function saveStepResult(
  deps: EngineDeps,
  before: PlanState,
  result: PlanningStepResult,
): Promise<boolean> {
  const { stage } = before.planning;
  const saved = await applyPlan(
    deps,
    before.id,
    { event: `planned_${stage}`, actor: 'planner' },
    (state) => {
      if (state.status !== 'planning' || state.planning.stage !== stage) return undefined;
      const told = removeCondition(result.apply(state), 'planning_parked');
      const planning = { stage: result.next, faults: 0 };
      return { ...removeCondition(told, 'planning_retried'), planning };
    },
  );
  if (saved === undefined) return false;
  await enqueueWakeUps(deps, [{ type: 'push', v: 1, plan: before.id }]);
  if (saved.state.status !== 'planning')
    await enqueueWakeUps(deps, [{ type: 'reconcile_plan', v: 1, plan: before.id }]);
  return saved.state.status === 'planning';
}

async function handleStepFailure(
  deps: EngineDeps,
  claimed: PlanState,
  error: unknown,
): Promise<void> {
  const now = deps.clock.now();
  const why = error instanceof Error ? error.message : String(error);
  deps.log.warn('planning step failed', {
    plan: claimed.id,
    stage: claimed.planning.stage,
    cause: why,
  });
  if (isAppError(error, 'paused') || isAppError(error, 'auth')) {
    const until = await recordPauseFor(deps, error, { plan: claimed.id });
    await parkPlanning(deps, claimed, why, until, 'planning_parked', 0);
    return;
  }
  const passing = isAppError(error, 'transient') || !isAppError(error);
  if (passing && claimed.planning.faults + 1 < MAX_FAULTS) {
    await parkPlanning(
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
      };
    },
  );
  await enqueueWakeUps(deps, [{ type: 'push', v: 1, plan: claimed.id }]);
}

async function parkPlanning(
  deps: EngineDeps,
  claimed: PlanState,
  why: string,
  until: number,
  code: string,
  faults: number,
): Promise<void> {
  const now = deps.clock.now();
  const at = new Date(until).toISOString();
  const message = `${why}. Planning continues by itself at ${at}.`;
  await applyPlan(
    deps,
    claimed.id,
    { event: code, actor: 'planner', reason: why, dueAt: until },
    (state) => {
      if (state.status !== 'planning') return undefined;
      const planning = {
        ...state.planning,
        parkedUntil: until,
        faults: state.planning.faults + faults,
      };
      return { ...addCondition(state, { level: 'warning', code, message, at: now }), planning };
    },
  );
  const seconds = Math.ceil((until - now) / 1_000);
  if (seconds <= 900)
    await enqueueWakeUps(deps, [{ type: 'plan', v: 1, plan: claimed.id }], seconds);
}
