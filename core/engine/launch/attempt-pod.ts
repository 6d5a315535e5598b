import { isAppError } from '../../base/app-error.ts';
import { describeError } from '../../base/describe-error.ts';
import type { AttemptKey, TaskKey } from '../../contract/id.ts';
import { formatAttemptId, hashText, parseAttemptId } from '../../contract/id.ts';
import { buildSchedulerWakeUp, buildTaskWakeUp } from '../../contract/queue-message.ts';
import type { PlanState } from '../../plan-state/plan-state.ts';
import {
  requirePlanRepository,
  resolveLimits,
  runAcceptsWork,
} from '../../plan-state/plan-state.ts';
import type { PodSpec } from '../../port/launcher.ts';
import { loadPlan } from '../../store/plan-store.ts';
import { removeSlotHolders } from '../../store/system-store.ts';
import type { TaskDetail } from '../../store/task-detail-store.ts';
import { loadTaskDetail } from '../../store/task-detail-store.ts';
import type { StoredTask } from '../../store/task-store.ts';
import { loadTask, toTaskKey } from '../../store/task-store.ts';
import type { TaskEvent } from '../../task-state/task-event.ts';
import type { TaskState } from '../../task-state/task-state.ts';
import { enqueueWakeUps } from '../announce-changes.ts';
import { applyTask } from '../apply/apply-transition.ts';
import type { EngineDeps, LaunchDeps, PodDeps, TaskWriteDeps } from '../engine-deps.ts';

/** Pause after a refusal of the launcher without a stated end, milliseconds. */
const DEFAULT_LAUNCH_PAUSE_MS = 15_000;

/**
 * Ensures the pod of a claimed attempt.
 *
 * @param detail text of the task, if the caller has read the text already
 * @returns false if the attempt has ended or this launch failed
 */
export async function launchAttempt(
  deps: LaunchDeps,
  plan: PlanState,
  task: StoredTask,
  detail?: TaskDetail,
): Promise<boolean> {
  const n = task.state.liveAttempt?.attemptNumber;
  if (n === undefined) return false;
  const key = toTaskKey(task.state);
  if (!runAcceptsWork(plan, key.run)) {
    await cancelTaskWithPlan(deps, plan, key);
    return false;
  }
  const spec = await buildPodSpec(deps, plan, task.state, n, detail);
  try {
    await deps.launcher.ensure(spec);
    return await isAttemptStillWanted(deps, key, n);
  } catch (error) {
    // The pod may exist or not. Retries of the message repeat the launch until the launch time ends.
    if (isAppError(error, 'transient')) throw error;
    const why = describeError(error);
    const retryAt = deps.clock.now() + DEFAULT_LAUNCH_PAUSE_MS;
    const event: TaskEvent = isAppError(error, 'paused')
      ? { type: 'attempt_refused', n, until: error.details.until ?? retryAt, why }
      : { type: 'attempt_lost', n, why: `the pod could not be started: ${why}`, isFault: true };
    // Another launch may have succeeded, so the event applies only if the task has not changed.
    await applyTask(deps, key, event, { actor: 'launcher', loaded: task, onlyIfUnchanged: true });
    return false;
  }
}

/**
 * Reads the task and the plan again after the launch. If the attempt has ended meanwhile, only this call knows of the new pod and
 * removes the pod. If the plan ended just before the claim, the stop of the plan did not see the claim, so the task is cancelled here.
 */
async function isAttemptStillWanted(deps: PodDeps, key: TaskKey, n: number): Promise<boolean> {
  const [task, plan] = await Promise.all([
    loadTask(deps.table, key),
    loadPlan(deps.table, key.plan),
  ]);
  if (task?.state.liveAttempt?.attemptNumber !== n) {
    await deps.launcher.remove(formatPodName({ ...key, attemptNumber: n }));
    return false;
  }
  if (plan === undefined || runAcceptsWork(plan.state, key.run)) return true;
  await cancelTaskWithPlan(deps, plan.state, key);
  return false;
}

async function cancelTaskWithPlan(
  deps: TaskWriteDeps,
  plan: PlanState,
  key: TaskKey,
): Promise<void> {
  const reason = `the plan is ${plan.status}`;
  await applyTask(deps, key, { type: 'cancel', reason }, { actor: 'engine' });
}

/** Maximum duration of an interactive session, milliseconds; afterwards a new attempt continues the conversation. */
const INTERACTIVE_SESSION_MS = 24 * 3_600_000;
/** Time for set-up, verification and push, which the pod's deadline adds to the task's time limit; milliseconds. */
const OVERHEAD_MS = 30 * 60_000;

/** Formats the name of an attempt's pod: a DNS label of at most 63 characters. */
export function formatPodName(key: AttemptKey): string {
  const name = `sg-${key.plan}-r${key.run}-${key.task}-${key.attemptNumber}`;
  if (name.length <= 63) return name;
  return `${name.slice(0, 54)}-${hashText(name).toString(36)}`;
}

export async function buildPodSpec(
  deps: Pick<EngineDeps, 'table' | 'clock' | 'settings' | 'signAttemptToken'>,
  plan: PlanState,
  task: TaskState,
  n: number,
  loadedDetail?: TaskDetail,
): Promise<PodSpec> {
  const key: AttemptKey = { plan: task.plan, run: task.run, task: task.task, attemptNumber: n };
  const attemptId = formatAttemptId(key);
  const detail = loadedDetail ?? (await loadTaskDetail(deps.table, task));
  const limits = resolveLimits(plan, detail?.spec.limits ?? {}, deps.settings.limits);
  const waitingMs = detail?.spec.interactive === true ? INTERACTIVE_SESSION_MS : 0;
  const deadline = deps.clock.now() + limits.maxMinutes * 60_000 + OVERHEAD_MS + waitingMs;
  return {
    name: formatPodName(key),
    attemptId,
    apiUrl: deps.settings.apiUrl,
    token: await deps.signAttemptToken(attemptId, deadline),
    deadline,
    labels: {
      plan: key.plan,
      run: String(key.run),
      task: key.task,
      attempt: String(n),
      repo: task.repo,
    },
    resources: requirePlanRepository(plan, task.repo).resources,
  };
}

/** Minimum wait before the next request to remove the same pod, milliseconds. */
export const MIN_POD_REMOVAL_POLL_MS = 2_000;
const MAX_POD_REMOVAL_POLL_MS = 60_000;

/** Result of the removal of ended pods. */
export type PodRemoval = {
  /** The task after the removal was recorded. */
  readonly task: StoredTask;
  /** Epoch milliseconds of the next removal request; Infinity if all pods are removed. */
  readonly nextRequestAt: number;
};

/** Removes the pods of ended attempts. A slot becomes free only when the launcher confirms that the pod is gone. */
export async function removeEndedPods(deps: PodDeps, task: StoredTask): Promise<PodRemoval> {
  const { attemptsAwaitingPodRemoval, last } = task.state;
  if (attemptsAwaitingPodRemoval.length === 0)
    return { task, nextRequestAt: Number.POSITIVE_INFINITY };
  const key = toTaskKey(task.state);
  const removed: number[] = [];
  for (const n of attemptsAwaitingPodRemoval)
    if (await isPodRemoved(deps, formatPodName({ ...key, attemptNumber: n }))) removed.push(n);
  let nextRequestAt = Number.POSITIVE_INFINITY;
  if (removed.length < attemptsAwaitingPodRemoval.length) {
    const now = deps.clock.now();
    // The interval grows with the time that the removal has taken so far.
    const waitMs = Math.max(
      MIN_POD_REMOVAL_POLL_MS,
      Math.min((now - last.at) / 4, MAX_POD_REMOVAL_POLL_MS),
    );
    nextRequestAt = now + Math.round(waitMs);
    const message = buildTaskWakeUp(key, nextRequestAt);
    await enqueueWakeUps(deps, [message], Math.ceil(waitMs / 1_000));
  }
  if (removed.length === 0) return { task, nextRequestAt };
  await removeSlotHolders(
    deps.table,
    removed.map((n) => formatAttemptId({ ...key, attemptNumber: n })),
  );
  const applied = await applyTask(
    deps,
    key,
    { type: 'pods_gone', attempts: removed },
    { actor: 'engine', loaded: task, announce: 'clients' },
  );
  await enqueueWakeUps(deps, [buildSchedulerWakeUp([key])]);
  return { task: 'task' in applied ? applied.task : task, nextRequestAt };
}

/** Returns false if the launcher is unreachable: the work of the task itself must not wait for the launcher. */
async function isPodRemoved(
  deps: Pick<EngineDeps, 'launcher' | 'log'>,
  name: string,
): Promise<boolean> {
  try {
    return (await deps.launcher.remove(name)) === 'gone';
  } catch (error) {
    deps.log.warn('pod could not be removed', { pod: name, cause: describeError(error) });
    return false;
  }
}

/** Ends the attempt of a pod that ended without a result, before its lease expires. */
export async function handlePodEnded(deps: PodDeps, attemptId: string): Promise<void> {
  const key = parseAttemptId(attemptId);
  if (key === undefined) return;
  const pod = (await deps.launcher.list()).find((candidate) => candidate.attemptId === attemptId);
  if (pod !== undefined && pod.state !== 'gone') return;
  const task = await loadTask(deps.table, key);
  if (task?.state.liveAttempt?.attemptNumber !== key.attemptNumber) return;
  await loseAttempt(deps, task, 'the pod ended without a result', 'launcher');
}

/** Ends the live attempt of a task without a result; the task returns to the state before the claim. */
export async function loseAttempt(
  deps: TaskWriteDeps,
  task: StoredTask,
  why: string,
  actor: string,
): Promise<void> {
  const n = task.state.liveAttempt?.attemptNumber;
  if (n === undefined) return;
  const event = { type: 'attempt_lost' as const, n, why };
  await applyTask(deps, toTaskKey(task.state), event, { actor, loaded: task });
}
