import type { Assignment, Credentials } from '../../contract/attempt.ts';
import type { AttemptKey } from '../../contract/id.ts';
import { AppError, isAppError } from '../../error.ts';
import { attemptBranch } from '../../lifecycle/branch.ts';
import { isRunning, type PlanState } from '../../lifecycle/plan-state.ts';
import { putAttempt } from '../../store/task-detail.ts';
import { type StoredTask, taskKeyOf } from '../../store/task-store.ts';
import { type LiveAttempt, NO_USAGE } from '../../task/state.ts';
import { requirePlan } from '../apply-plan.ts';
import { applyTask } from '../apply-task.ts';
import type { EngineDeps, ModelAccess } from '../deps.ts';
import { isHeldUp, notePause } from '../note-pause.ts';
import { forgeOf } from '../task/task-forge.ts';
import { buildAssignment } from './assignment.ts';
import { attemptEnded, requireLive } from './fence.ts';
import { modelOf } from './model-of.ts';

/** The bridge is up: claimed -> working. Repeating it answers the same again. */
export async function startAttempt(deps: EngineDeps, key: AttemptKey): Promise<Assignment> {
  const live = await requireLive(deps, key);
  const plan = (await requirePlan(deps, key.plan)).state;
  if (!isRunning(plan, key.run)) {
    await applyTask(
      deps,
      key,
      { type: 'cancel', reason: `the plan is ${plan.status}` },
      { actor: 'engine' },
    );
    throw attemptEnded(key);
  }
  const assignment = await assignmentOf(deps, plan, live);
  if (live.current.phase === 'claimed') {
    const now = deps.clock.now();
    const leaseUntil = now + deps.settings.leaseMs;
    await putAttempt(deps.table, key, {
      startedAt: now,
      heartbeatAt: now,
      leaseUntil,
      phase: 'starting',
      activity: '',
      usage: NO_USAGE,
      progressAt: now,
      messagesSeen: assignment.messagesSeen,
    });
    const applied = await applyTask(
      deps,
      key,
      { type: 'bridge_ready', n: key.n, leaseUntil },
      { actor: 'bridge', loaded: live },
    );
    if (applied.kind === 'stale' || applied.kind === 'missing') throw attemptEnded(key);
  }
  return assignment;
}

/** A pause of the forge that a bridge, once it is up, had better wait for than be started again after. */
const SAT_OUT_MS = 30_000;
/** Before the launch time is over, for the bridge to ask once more. */
const SAT_OUT_MARGIN_MS = 15_000;

/**
 * A forge that refuses for a while costs the task no attempt: the bridge asks again, which it does by itself, or the task is
 * claimed again then. What is wrong with the repository itself ends the attempt with that as the reason.
 */
async function assignmentOf(
  deps: EngineDeps,
  plan: PlanState,
  live: StoredTask & { current: LiveAttempt },
): Promise<Assignment> {
  const key = { ...taskKeyOf(live.state), n: live.current.n };
  try {
    return await buildAssignment(deps, plan, live, live.current);
  } catch (error) {
    if (live.current.phase !== 'claimed') throw error;
    if (isOfRepository(error)) {
      const why = error.message;
      const lost = { type: 'attempt_lost', n: key.n, why } as const;
      await applyTask(deps, key, lost, { actor: 'forge', loaded: live });
      throw attemptEnded(key);
    }
    if (!isHeldUp(error)) throw error;
    const until = await notePause(deps, error, live.state);
    const latest = Math.min(
      deps.clock.now() + SAT_OUT_MS,
      live.current.leaseUntil - SAT_OUT_MARGIN_MS,
    );
    if (until <= latest) throw asPaused(error, until);
    await applyTask(
      deps,
      key,
      { type: 'attempt_refused', n: key.n, until, why: error.message },
      { actor: 'forge', loaded: live },
    );
    throw attemptEnded(key);
  }
}

function isOfRepository(error: unknown): error is AppError {
  return (
    isAppError(error, 'notFound') || isAppError(error, 'refused') || isAppError(error, 'conflict')
  );
}

/** For a bridge, which asks again then. */
function asPaused(error: AppError, until: number): AppError {
  return new AppError('paused', error.code, error.message, { details: { until }, cause: error });
}

/** For the bridge's memory only. */
export async function attemptCredentials(
  deps: EngineDeps,
  model: ModelAccess | undefined,
  key: AttemptKey,
): Promise<Credentials> {
  const live = await requireLive(deps, key);
  const plan = (await requirePlan(deps, key.plan)).state;
  const git = await gitCredential(deps, plan, live);
  if (live.current.kind === 'verify') return { git };
  if (model === undefined)
    throw new AppError('paused', 'model_not_configured', 'no model is configured', {
      details: { until: deps.clock.now() + 60_000 },
    });
  const name = await modelOf(deps, key);
  return { git, model: { ...model, model: name } };
}

/** Without a credential of ours there is none for the bridge, which keeps its work and asks again until there is. */
async function gitCredential(
  deps: EngineDeps,
  plan: PlanState,
  { state, current }: StoredTask & { current: LiveAttempt },
): Promise<Credentials['git']> {
  const branch = attemptBranch(deps.settings.prefix, { ...taskKeyOf(state), n: current.n });
  const access = current.kind === 'verify' ? 'read' : 'write';
  try {
    return await forgeOf(deps, plan, state.repo).gitCredential(state.repo, branch, access);
  } catch (error) {
    if (!isHeldUp(error)) throw error;
    throw asPaused(error, await notePause(deps, error, state));
  }
}
