import { deriveId, ID_ALPHABET } from '../../access/secret.ts';
import { listPages } from '../../base/list-pages.ts';
import type { TaskKey } from '../../contract/id.ts';
import { buildPlanWakeUp, buildSchedulerWakeUp } from '../../contract/queue-message.ts';
import { hasTaskStopped } from '../../contract/task-status.ts';
import {
  BASE_TASK,
  createBaseCheckState,
  listUncheckedRepositories,
  requireOwnBaseState,
} from '../../plan-state/base-state.ts';
import type { BaseState, PlanRepository, PlanState } from '../../plan-state/plan-state.ts';
import { findBaseState, requirePlanRepository } from '../../plan-state/plan-state.ts';
import { listBaseWatchers, putBaseWatcher } from '../../store/base-watcher-store.ts';
import type { StoredPlan } from '../../store/plan-store.ts';
import { loadPlan, putNewPlan, setPlanDue } from '../../store/plan-store.ts';
import { loadTask, putNewTask } from '../../store/task-store.ts';
import { createBaseTaskState } from '../../task-state/create-task-state.ts';
import type { TaskState } from '../../task-state/task-state.ts';
import { enqueueWakeUps } from '../announce-changes.ts';
import { applyPlan, applyTask, requirePlan } from '../apply/apply-transition.ts';
import type { PlanWriteDeps, TaskWriteDeps } from '../engine-deps.ts';

// Verifies base commits before agents spend money on them. A base check is a hidden plan with a single task, so the scheduler, leases,
// retries and transcripts work as for any other plan. All plans with the same repository, commit and commands share the check.

/** Interval at which a plan reads its unfinished checks again, because a message may be lost; milliseconds. */
export const BASE_POLL_MS = 60_000;
/** Time for which a red result applies to further plans, milliseconds. Later, the next plan repeats the check. */
const RED_LIFETIME_MS = 60 * 60_000;
/** Lifetime of the note that a plan waits for a check, milliseconds. */
const WATCHER_LIFETIME_MS = 14 * 86_400_000;

const ACTOR = 'engine';

/** Derives the id of the check from everything that determines its result. */
export function deriveCheckId(repository: PlanRepository): string {
  const { name, forge, baseSha, setup, verify, env } = repository;
  const variables = Object.entries(env).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const text = JSON.stringify(['base', forge, name, baseSha, setup, verify, variables]);
  return `p${deriveId(text, ID_ALPHABET, 10)}`;
}

/** Starts the checks of the base commits that need a check, and returns the states of these checks. */
export async function requestBaseChecks(
  deps: PlanWriteDeps,
  plan: string,
  repositories: readonly PlanRepository[],
): Promise<BaseState[]> {
  const verified = repositories.filter(({ verify }) => verify.length > 0);
  return Promise.all(
    verified.map((repository) => requestBaseCheck(deps, plan, repository, { shouldRepeat: false })),
  );
}

/**
 * Returns the state of the check of the repository's base commit, and starts or repeats the check if no result applies. The plan
 * learns each later result. A green result costs a single read.
 *
 * @param options.shouldRepeat true to repeat a check that has ended without a green result
 */
export async function requestBaseCheck(
  deps: PlanWriteDeps,
  plan: string,
  repository: PlanRepository,
  options: { readonly shouldRepeat: boolean },
): Promise<BaseState> {
  const id = deriveCheckId(repository);
  const known = await loadPlan(deps.table, id);
  if (known?.state.status === 'complete') return requireOwnBaseState(known.state);
  const now = deps.clock.now();
  // The note precedes the next read of the check, so either this read or the end of the check informs the plan.
  await putBaseWatcher(deps.table, id, plan, now + WATCHER_LIFETIME_MS);
  if (known === undefined) {
    await putNewPlan(deps.table, createBaseCheckState(id, repository, now), now);
    await enqueueWakeUps(deps, [buildPlanWakeUp(id)]);
  } else if (options.shouldRepeat || !isUsable(known.state, now)) await repeatCheck(deps, known);
  return requireOwnBaseState((await requirePlan(deps, id)).state);
}

/** Returns true if plans may use the state of the check: a running check, or a red result that is not old. */
function isUsable(check: PlanState, now: number): boolean {
  if (check.status === 'active') return true;
  const { status } = requireOwnBaseState(check);
  return status === 'red' && now - (check.finishedAt ?? 0) < RED_LIFETIME_MS;
}

async function repeatCheck(deps: PlanWriteDeps, { state }: StoredPlan): Promise<void> {
  if (state.status === 'active') return;
  const { repo, commit, check, run } = requireOwnBaseState(state);
  const result = { repo, commit, check, run: run + 1, status: 'checking' } as const;
  await applyPlan(deps, state.id, { type: 'base_checked', result }, { actor: ACTOR });
}

/**
 * Reads the checks for which the plan still waits and records their results, in case the plan missed a message; requests checks of
 * base commits that were replaced. Returns true if the plan has changed.
 */
export async function refreshBaseChecks(deps: PlanWriteDeps, plan: PlanState): Promise<boolean> {
  const waiting = plan.repositories.filter(
    (repository) => findBaseState(plan, repository)?.status === 'checking',
  );
  const results = await requestBaseChecks(deps, plan.id, [
    ...waiting,
    ...listUncheckedRepositories(plan),
  ]);
  let hasChanged = false;
  for (const result of results) {
    const event = { type: 'base_checked', result } as const;
    const applied = await applyPlan(deps, plan.id, event, { actor: ACTOR });
    hasChanged ||= applied.kind === 'changed';
  }
  return hasChanged;
}

/** Does the next step of a base check: makes its task ready, records the result, and informs the plans that wait for the check. */
export async function reconcileBaseCheck(deps: TaskWriteDeps, check: StoredPlan): Promise<void> {
  const { state } = check;
  if (state.status !== 'active') {
    await informWatchers(deps, state);
    await setPlanDue(deps.table, check, undefined);
    return;
  }
  const key = { plan: state.id, run: state.run, task: BASE_TASK };
  const task = await ensureBaseTask(deps, state, key);
  if (task !== undefined && hasTaskStopped(task.status)) {
    const result = { ...requireOwnBaseState(state), ...readResult(task) };
    await applyPlan(deps, state.id, { type: 'base_checked', result }, { actor: ACTOR });
    return;
  }
  // The scheduler may have missed the message about the ready task.
  if (task?.status === 'ready') await enqueueWakeUps(deps, [buildSchedulerWakeUp([key])]);
  await setPlanDue(deps.table, check, deps.clock.now() + BASE_POLL_MS);
}

/** Stores the task of the check unless it exists, and makes the task ready. */
async function ensureBaseTask(
  deps: TaskWriteDeps,
  check: PlanState,
  key: TaskKey,
): Promise<TaskState | undefined> {
  const task = await loadTask(deps.table, key);
  if (task !== undefined && task.state.status !== 'pending') return task.state;
  const { name, baseSha } = requirePlanRepository(check, '');
  const title = `Verify commit ${baseSha.slice(0, 12)}`;
  const created = createBaseTaskState(key, name, { title, now: deps.clock.now() });
  if (task === undefined) await putNewTask(deps.table, created, []);
  await applyTask(deps, key, { type: 'dependencies_merged' }, { actor: ACTOR });
  return undefined;
}

/** Returns the result of a check whose task has stopped. Only a failed command makes the base red. */
function readResult(task: TaskState): Pick<BaseState, 'status' | 'reason'> {
  if (task.status === 'merged') return { status: 'green', reason: undefined };
  const status = task.reason?.code === 'base_red' ? 'red' : 'unknown';
  return { status, reason: task.reason?.text ?? `the check is ${task.status}` };
}

async function informWatchers(deps: PlanWriteDeps, check: PlanState): Promise<void> {
  const event = { type: 'base_checked', result: requireOwnBaseState(check) } as const;
  const plans = listPages((after) => listBaseWatchers(deps.table, check.id, after));
  for await (const plan of plans) await applyPlan(deps, plan, event, { actor: ACTOR });
}
