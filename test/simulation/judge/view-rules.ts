import type { PlanView } from '../../../core/contract/plan.ts';
import type { World } from '../world.ts';
import type { Judge } from './judge.ts';

// Rules for the views that clients read.

/** Matches the reason that a simulated bridge reports for a failure of its agent; see `createFailedResult`. */
const AGENT_FAILURE_REASON = /simulated failure: (agent|limit|setup)/;

/** Judges tasks that wait for a person after failures of the agent: only reported failures may consume retries. */
export function judgeWaiting(judge: Judge, world: World, view: PlanView): void {
  for (const waiting of view.waiting) {
    if (waiting.kind !== 'unblock' && waiting.kind !== 'retry') continue;
    const { plan, task, reason = '' } = waiting;
    if (task === undefined || !AGENT_FAILURE_REASON.test(reason)) continue;
    const failureCount = judge.commitments.totalFailures.get(`${plan} ${task}`) ?? 0;
    if (failureCount <= world.settings.bounds.maxRetries)
      judge.recordViolation(
        world,
        `task ${task} of plan ${plan} was given up after only ${failureCount} reported failures: ${reason}`,
      );
  }
}

/**
 * Judges the conditions of a plan: attempts report refusals of the model, but the simulated model never refuses a probe, so the work of
 * other attempts must go on.
 */
export function judgeModelPause(judge: Judge, world: World, view: PlanView): void {
  if (!view.conditions.some(({ code }) => code === 'paused_model')) return;
  judge.recordViolation(
    world,
    `plan ${view.id} shows a pause of the model, although the model refused no probe`,
  );
}

/** Judges the history of a task as a client reads it: each transition must start in the status in which the previous one ended. */
export function judgeHistory(
  judge: Judge,
  world: World,
  task: string,
  history: readonly { readonly version: number; readonly from: string; readonly to: string }[],
): void {
  const transitions = history.toSorted((a, b) => a.version - b.version);
  for (const [index, transition] of transitions.entries()) {
    const previousStatus = transitions[index - 1]?.to ?? 'none';
    if (transition.from === previousStatus) continue;
    judge.recordViolation(
      world,
      `the history of ${task} has a gap: no transition leads from ${previousStatus} to ${transition.from}`,
    );
    return;
  }
}
