import { TIMEOUT_AUTHOR } from '../../contract/attempt.ts';
import type { AttemptKey } from '../../contract/id.ts';
import { loadAttempt } from '../../store/task-detail-store.ts';
import type { StoredTask } from '../../store/task-store.ts';
import { toTaskKey } from '../../store/task-store.ts';
import { requirePlan } from '../apply/apply-transition.ts';
import { appendMessage } from '../attempt/attempt-messages.ts';
import type { LaunchDeps, TaskWriteDeps } from '../engine-deps.ts';
import { launchAttempt, loseAttempt } from '../launch/attempt-pod.ts';
import type { ReconcileResult } from './reconcile-result.ts';
import { requeueWhenDue, TRANSITIONED } from './reconcile-result.ts';

/**
 * Launches a claimed attempt, answers an expired question with its default answer, and ends an attempt whose lease has expired. A
 * late bridge of an ended attempt does no harm, because its writes carry an outdated attempt number.
 */
export async function checkLease(deps: LaunchDeps, task: StoredTask): Promise<ReconcileResult> {
  const liveAttempt = task.state.liveAttempt;
  if (liveAttempt === undefined) return requeueWhenDue(task);
  const now = deps.clock.now();
  const key: AttemptKey = { ...toTaskKey(task.state), attemptNumber: liveAttempt.attemptNumber };
  if (liveAttempt.phase === 'claimed') {
    if (liveAttempt.leaseUntil <= now)
      return endLostAttempt(
        deps,
        task,
        'the pod did not call the control plane within the launch time',
      );
    const plan = await requirePlan(deps, key.plan);
    const launched = await launchAttempt(deps, plan.state, task);
    return launched ? { kind: 'idle', requeueAt: liveAttempt.leaseUntil } : TRANSITIONED;
  }
  if (task.state.question !== undefined && task.state.question.timeoutAt <= now)
    return answerWithDefault(deps, task);
  const record = await loadAttempt(deps.table, key);
  const leaseUntil = record?.leaseUntil ?? liveAttempt.leaseUntil;
  if (leaseUntil <= now)
    return endLostAttempt(
      deps,
      task,
      `the attempt sent no heartbeat for ${Math.round(deps.settings.leaseMs / 1_000)} s`,
    );
  const questionTimeoutAt = task.state.question?.timeoutAt ?? Number.POSITIVE_INFINITY;
  return { kind: 'idle', requeueAt: Math.min(leaseUntil, questionTimeoutAt) };
}

async function endLostAttempt(
  deps: TaskWriteDeps,
  task: StoredTask,
  why: string,
): Promise<ReconcileResult> {
  await loseAttempt(deps, task, why, 'engine');
  return TRANSITIONED;
}

async function answerWithDefault(deps: TaskWriteDeps, task: StoredTask): Promise<ReconcileResult> {
  const { question, liveAttempt } = task.state;
  if (question === undefined || liveAttempt === undefined) return requeueWhenDue(task);
  await appendMessage(deps, task, {
    id: `default of ${question.id}`,
    author: TIMEOUT_AUTHOR,
    text: question.default,
    answers: question.id,
  });
  return TRANSITIONED;
}
