import { AppError, isAppError } from '../../base/app-error.ts';
import type { Assignment, AttemptBudget, Credentials } from '../../contract/attempt.ts';
import type { AttemptKey } from '../../contract/id.ts';
import { formatAttemptBranch } from '../../contract/id.ts';
import type { PlanState } from '../../plan-state/plan-state.ts';
import { computeAttemptBudget, hasBudget, runAcceptsWork } from '../../plan-state/plan-state.ts';
import type { StoredPlan } from '../../store/plan-store.ts';
import { addLiveSpending, openSpendingEntry } from '../../store/spending-store.ts';
import { loadAttempt, openAttempt } from '../../store/task-detail-store.ts';
import type { StoredTask } from '../../store/task-store.ts';
import { toTaskKey } from '../../store/task-store.ts';
import type { TaskEvent } from '../../task-state/task-event.ts';
import type { LiveAttempt } from '../../task-state/task-state.ts';
import { NO_USAGE } from '../../task-state/task-state.ts';
import { applyTask, requirePlan } from '../apply/apply-transition.ts';
import { isPausing, pauseAfterError } from '../apply/pause-after-error.ts';
import type { EngineDeps, ForgeDeps, ModelAccess, StoreDeps } from '../engine-deps.ts';
import { resolveForge } from '../pull/task-pull.ts';
import { createAttemptEndedError, requireLiveAttempt } from './attempt-callbacks.ts';
import { buildAssignment, resolveTaskModel } from './build-assignment.ts';

/** Starts a claimed attempt at the first call of its bridge. A repeated call returns the same assignment. */
export async function startAttempt(deps: ForgeDeps, key: AttemptKey): Promise<Assignment> {
  const live = await requireLiveAttempt(deps, key);
  const stored = await requirePlan(deps, key.plan);
  const plan = stored.state;
  if (!runAcceptsWork(plan, key.run)) {
    await applyTask(
      deps,
      key,
      { type: 'cancel', reason: `the plan is ${plan.status}` },
      { actor: 'engine' },
    );
    throw createAttemptEndedError(key);
  }
  const budget = await resolveAttemptBudget(deps, stored, live);
  const assignment = { ...(await requireAssignment(deps, plan, live)), ...(budget && { budget }) };
  if (live.attempt.phase === 'claimed') {
    const now = deps.clock.now();
    const leaseUntil = now + deps.settings.leaseMs;
    await openAttempt(deps.table, key, {
      startedAt: now,
      heartbeatAt: now,
      leaseUntil,
      phase: 'starting',
      activity: '',
      usage: NO_USAGE,
      progressAt: now,
      messagesSeen: assignment.messagesSeen,
    });
    const isBudgeted = budget !== undefined;
    if (isBudgeted) await openSpendingEntry(deps.table, key, NO_USAGE);
    const applied = await applyTask(
      deps,
      key,
      { type: 'bridge_ready', n: key.attemptNumber, leaseUntil, isBudgeted },
      { actor: 'bridge', loaded: live },
    );
    if (applied.kind === 'stale' || applied.kind === 'missing') throw createAttemptEndedError(key);
  }
  return assignment;
}

/** Returns what the plan's budget allows the attempt; undefined without a budget, and for a `verify` attempt, which uses no model. */
async function resolveAttemptBudget(
  deps: StoreDeps,
  plan: StoredPlan,
  { state, attempt }: StoredTask & { readonly attempt: LiveAttempt },
): Promise<AttemptBudget | undefined> {
  if (attempt.kind === 'verify' || !hasBudget(plan.state)) return undefined;
  const key = { ...toTaskKey(state), attemptNumber: attempt.attemptNumber };
  // A repeated call of a bridge that works already gets its own usage added.
  const record = attempt.phase === 'claimed' ? undefined : await loadAttempt(deps.table, key);
  return computeAttemptBudget(await addLiveSpending(deps.table, plan), record?.usage ?? NO_USAGE);
}

/** Maximum pause of the forge during which a running bridge waits, milliseconds. A longer pause ends the attempt. */
const MAX_WAITED_PAUSE_MS = 30_000;
/** Time that the bridge needs for one more call before the launch time ends, milliseconds. */
const LAUNCH_TIME_MARGIN_MS = 15_000;

/**
 * Builds the assignment. During a short pause of the forge the bridge retries; a longer pause ends the attempt without counting a
 * retry. An error of the repository itself blocks the task with this error as the reason, because a retry would fail as well.
 */
async function requireAssignment(
  deps: ForgeDeps,
  plan: PlanState,
  live: StoredTask & { readonly attempt: LiveAttempt },
): Promise<Assignment> {
  const key: AttemptKey = { ...toTaskKey(live.state), attemptNumber: live.attempt.attemptNumber };
  try {
    return await buildAssignment(deps, plan, live, live.attempt);
  } catch (error) {
    if (live.attempt.phase !== 'claimed') throw error;
    if (isRepositoryError(error)) {
      const failed: TaskEvent = {
        type: 'attempt_failed',
        n: key.attemptNumber,
        cause: 'repository',
        why: error.message,
        files: [],
        usage: NO_USAGE,
        leftOut: false,
      };
      await applyTask(deps, key, failed, { actor: 'forge', loaded: live });
      throw createAttemptEndedError(key);
    }
    if (!isPausing(error)) throw error;
    const until = await pauseAfterError(deps, error, live.state);
    const latestRetryAt = Math.min(
      deps.clock.now() + MAX_WAITED_PAUSE_MS,
      live.attempt.leaseUntil - LAUNCH_TIME_MARGIN_MS,
    );
    if (until <= latestRetryAt) throw toPausedError(error, until);
    await applyTask(
      deps,
      key,
      { type: 'attempt_refused', n: key.attemptNumber, until, why: error.message },
      { actor: 'forge', loaded: live },
    );
    throw createAttemptEndedError(key);
  }
}

function isRepositoryError(error: unknown): error is AppError {
  return (
    isAppError(error, 'notFound') || isAppError(error, 'refused') || isAppError(error, 'conflict')
  );
}

/** Builds the error that makes the bridge retry at `until`. */
function toPausedError(error: AppError, until: number): AppError {
  return new AppError('paused', error.code, error.message, { details: { until }, cause: error });
}

/** Issues the credentials of a live attempt. The bridge keeps them in memory only. */
export async function issueAttemptCredentials(
  deps: Pick<EngineDeps, 'table' | 'forges' | 'clock' | 'settings'>,
  model: ModelAccess | undefined,
  key: AttemptKey,
): Promise<Credentials> {
  const live = await requireLiveAttempt(deps, key);
  const plan = (await requirePlan(deps, key.plan)).state;
  const git = await issueGitCredential(deps, plan, live);
  if (live.attempt.kind === 'verify') return { git };
  if (model === undefined)
    throw new AppError(
      'paused',
      'model_not_configured',
      'no model is configured: set MODEL_BASE_URL and MODEL_HEAVY',
      {
        details: { until: deps.clock.now() + 60_000 },
      },
    );
  const name = await resolveTaskModel(deps, key);
  return { git, model: { ...model, model: name } };
}

/** Issues a git credential. During a pause of the forge the error tells the bridge when to retry. */
async function issueGitCredential(
  deps: Pick<EngineDeps, 'table' | 'forges' | 'clock' | 'settings'>,
  plan: PlanState,
  { state, attempt }: StoredTask & { readonly attempt: LiveAttempt },
): Promise<Credentials['git']> {
  const branch = formatAttemptBranch(deps.settings.prefix, {
    ...toTaskKey(state),
    attemptNumber: attempt.attemptNumber,
  });
  const access = attempt.kind === 'verify' ? 'read' : 'write';
  try {
    return await resolveForge(deps, plan, state.repo).createGitCredential(
      state.repo,
      branch,
      access,
    );
  } catch (error) {
    if (!isPausing(error)) throw error;
    throw toPausedError(error, await pauseAfterError(deps, error, state));
  }
}
