import { isAppError } from '../../error.ts';
import { loadPlan, type StoredPlan, settlePlan } from '../../store/plan-store.ts';
import { applyPlan } from '../apply-plan.ts';
import { hintAll, LONGEST_HINT_MS } from '../apply-task.ts';
import type { EngineDeps } from '../deps.ts';
import { isHeldUp, notePause } from '../note-pause.ts';
import { activate } from './activate.ts';
import { dueOfRuns } from './due-of-runs.ts';
import { cleanUpRuns, endRuns } from './end-runs.ts';
import { driveActive } from './plan-active.ts';
import { watchComplete } from './plan-complete.ts';

// Does everything that a plan's state owes. As with tasks, running it twice or late changes nothing more.

const MAX_FAULTS = 20;

export async function drivePlan(deps: EngineDeps, id: string): Promise<void> {
  const plan = await loadPlan(deps.table, id);
  if (plan === undefined) return;
  try {
    await act(deps, plan);
  } catch (error) {
    await failed(deps, plan, error);
  }
}

async function act(deps: EngineDeps, plan: StoredPlan): Promise<void> {
  const now = deps.clock.now();
  if (plan.state.ending.some((run) => run.dueAt <= now)) {
    await endRuns(deps, plan);
    return;
  }
  if (plan.state.cleanup.some((run) => run.at <= now)) {
    await cleanUpRuns(deps, plan);
    return;
  }
  switch (plan.state.status) {
    case 'planning':
      await hintAll(deps, [{ type: 'plan', v: 1, plan: plan.state.id }]);
      await settlePlan(deps.table, plan, now + 60_000);
      return;
    case 'activating':
      return activate(deps, plan);
    case 'active':
      return driveActive(deps, plan);
    case 'complete':
      return watchComplete(deps, plan);
    case 'pending_approval':
    case 'rejected':
    case 'cancelled':
    case 'failed':
      await settlePlan(deps.table, plan, dueOfRuns(plan));
      return;
    default:
      plan.state.status satisfies never;
  }
}

async function failed(deps: EngineDeps, plan: StoredPlan, error: unknown): Promise<void> {
  if (isAppError(error, 'transient')) throw error;
  const now = deps.clock.now();
  if (isHeldUp(error)) {
    const until = await notePause(deps, error, { plan: plan.state.id });
    await settlePlan(deps.table, plan, until);
    if (until - now <= LONGEST_HINT_MS)
      await hintAll(
        deps,
        [{ type: 'drive_plan', v: 1, plan: plan.state.id }],
        Math.ceil((until - now) / 1_000),
      );
    return;
  }
  const why = error instanceof Error ? error.message : String(error);
  deps.log.warn('plan step failed', {
    plan: plan.state.id,
    status: plan.state.status,
    cause: why,
    stack: error instanceof Error ? error.stack : undefined,
  });
  const backoff = Math.min(600_000, 5_000 * 2 ** Math.min(plan.state.faults, 7));
  await applyPlan(
    deps,
    plan.state.id,
    { event: 'faulted', actor: 'engine', reason: why, dueAt: now + backoff },
    (state) => {
      const faults = state.faults + 1;
      const notice = { level: 'error' as const, code: 'step_failed', message: why, at: now };
      const notices = [...state.notices.filter((one) => one.code !== 'step_failed'), notice];
      // While it is activated nothing has begun: it may end here, with the reason, and be restarted.
      if (faults >= MAX_FAULTS && state.status === 'activating')
        return { ...state, faults, notices, status: 'failed', reason: why };
      return { ...state, faults, notices };
    },
  );
}
