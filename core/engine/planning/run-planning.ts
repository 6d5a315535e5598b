import { z } from 'zod';
import { AppError, isAppError } from '../../base/app-error.ts';
import { describeError } from '../../base/describe-error.ts';
import { buildModelProbeRequest, buildPlannerWakeUp } from '../../contract/queue-message.ts';
import type { Usage } from '../../contract/task.ts';
import type { PlanState } from '../../plan-state/plan-state.ts';
import { isOverBudget } from '../../plan-state/plan-state.ts';
import type { Prices } from '../../planning/price.ts';
import { computeUsage } from '../../planning/price.ts';
import { loadPlan, setPlanDue } from '../../store/plan-store.ts';
import { acquirePlannerLease, renewPlannerLease } from '../../store/planner-lease.ts';
import { addLiveSpending } from '../../store/spending-store.ts';
import { loadPause, MODEL_SYSTEM } from '../../store/system-store.ts';
import { enqueueWakeUps } from '../announce-changes.ts';
import { applyPlan } from '../apply/apply-transition.ts';
import { pauseAfterError } from '../apply/pause-after-error.ts';
import type { EngineDeps, PlanWriteDeps } from '../engine-deps.ts';
import type { PlannerDeps, PlanningStep } from './planning-steps.ts';
import {
  assessPrompt,
  decomposePrompt,
  exploreRepositories,
  runPreflight,
} from './planning-steps.ts';

// Plans a request step by step. A lease keeps a second planner away from the plan. Each step is recorded before the next step
// begins, so that planning resumes after a crash. A pause of the forge or the model parks the plan.

/** Usage in the details of an error of the planner. */
const planningUsageSchema = z.object({
  model: z.string(),
  inputTokens: z.number(),
  outputTokens: z.number(),
  turns: z.number(),
});

/** Duration of the planner lease, milliseconds. */
const LEASE_MS = 45_000;
/** Number of consecutive failures of a step after which planning fails. */
const MAX_CONSECUTIVE_FAILURES = 5;
/** Wait before the first retry of a step, milliseconds; doubles with each further retry. */
const FIRST_RETRY_MS = 2_000;

const PLANNING_STEPS: Record<Exclude<PlanState['planning']['stage'], 'done'>, PlanningStep> = {
  queued: runPreflight,
  explore: exploreRepositories,
  assess: assessPrompt,
  decompose: decomposePrompt,
};

/**
 * Runs the remaining planning steps of a plan. While another planner holds the lease, only enqueues a wake-up for the end of that
 * lease.
 */
export async function runPlanning(deps: PlannerDeps, id: string): Promise<void> {
  const now = deps.clock.now();
  const lease = await acquirePlannerLease(deps.table, id, now, LEASE_MS);
  if ('heldUntil' in lease) {
    const seconds = Math.ceil((lease.heldUntil - now) / 1_000);
    await enqueueWakeUps(deps, [buildPlannerWakeUp(id)], Math.max(1, seconds));
    return;
  }
  const renewLease = () => renewPlannerLease(deps.table, lease, deps.clock.now() + LEASE_MS);
  const stopKeepAlive = deps.keepAlive?.(() => {
    renewLease().catch((error: unknown) =>
      deps.log.warn('planner lease could not be renewed', { cause: describeError(error) }),
    );
  });
  try {
    await runPlanningSteps(deps, id, renewLease);
  } finally {
    stopKeepAlive?.();
    // An end of 0 releases the lease.
    await renewPlannerLease(deps.table, lease, 0);
  }
}

async function runPlanningSteps(
  deps: PlannerDeps,
  id: string,
  renewLease: () => Promise<void>,
): Promise<void> {
  for (;;) {
    const plan = await loadPlan(deps.table, id);
    const state = plan?.state;
    if (plan === undefined || state?.status !== 'planning' || state.planning.stage === 'done')
      return;
    if ((state.planning.parkedUntil ?? 0) > deps.clock.now()) return;
    try {
      await renewLease();
      if (needsModel(state)) {
        if (isOverBudget(await addLiveSpending(deps.table, plan))) {
          await setPlanDue(deps.table, plan, deps.clock.now() + BUDGET_POLL_MS);
          return;
        }
        await requireAvailableModel(deps);
      }
      const event = await PLANNING_STEPS[state.planning.stage](deps, state);
      const applied = await applyPlan(deps, id, event, { actor: 'planner' });
      // The plan was cancelled, or another planner recorded the step first. The result of this step is not needed.
      if (applied.kind === 'noop') return;
    } catch (error) {
      await handleStepFailure(deps, state, error);
      return;
    }
  }
}

/** Interval of the checks of a plan whose planning has used up the budget, milliseconds. A change of the budget wakes the planner. */
const BUDGET_POLL_MS = 900_000;

function needsModel({ planning, hasSubmittedGraph, options, verdict }: PlanState): boolean {
  if (hasSubmittedGraph || options.interactive) return false;
  if (planning.stage === 'assess') return options.complexity === 'auto';
  return planning.stage === 'decompose' && verdict?.complexity !== 'simple';
}

/** Throws `model_paused` during a pause of the model. */
async function requireAvailableModel(deps: Pick<EngineDeps, 'table' | 'clock'>): Promise<void> {
  const pause = await loadPause(deps.table, MODEL_SYSTEM, deps.clock.now());
  if (pause === undefined) return;
  throw new AppError('paused', 'model_paused', pause.reason, { details: { until: pause.until } });
}

async function handleStepFailure(
  deps: PlanWriteDeps & Pick<EngineDeps, 'settings'>,
  { id, planning }: PlanState,
  error: unknown,
): Promise<void> {
  const why = describeError(error);
  const usage = readUsage(error, deps.settings.prices);
  deps.log.warn('planning step failed', { plan: id, stage: planning.stage, cause: why });
  const options = { actor: 'planner' };
  if (isAppError(error, 'paused') || isAppError(error, 'auth')) {
    const until = await pauseAfterError(deps, error, { plan: id });
    await applyPlan(deps, id, { type: 'planning_parked', until, why, usage }, options);
    if (isModelRefusal(error)) await enqueueWakeUps(deps, [buildModelProbeRequest()]);
    return;
  }
  const isRetryable = isAppError(error, 'transient') || !isAppError(error);
  if (isRetryable && planning.consecutiveFailures + 1 < MAX_CONSECUTIVE_FAILURES) {
    const until = deps.clock.now() + FIRST_RETRY_MS * 2 ** planning.consecutiveFailures;
    await applyPlan(deps, id, { type: 'planning_retried', until, why, usage }, options);
  } else await applyPlan(deps, id, { type: 'planning_failed', why, usage }, options);
}

/** Returns the usage of the answers before the error, which cost as much as the answers of a successful step. */
function readUsage(error: unknown, prices: Prices): Usage | undefined {
  if (!isAppError(error)) return undefined;
  const { success, data } = planningUsageSchema.safeParse(error.details.usage);
  return success ? computeUsage(data, prices) : undefined;
}

/** Codes of errors that no request to the model has caused. */
const CODES_WITHOUT_REQUEST: ReadonlySet<string> = new Set([
  'model_paused',
  'model_not_configured',
]);

function isModelRefusal({ code }: AppError): boolean {
  if (CODES_WITHOUT_REQUEST.has(code)) return false;
  return code.startsWith('model_') || code === 'quota_exhausted';
}
