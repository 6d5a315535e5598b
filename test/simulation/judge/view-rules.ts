import type { PlanView } from '../../../core/contract/plan.ts';
import type { World } from '../world.ts';
import type { Judge } from './judge.ts';

// Rules for the views clients read.

/** Matches the reasons with which simulated bridges report a failure of the agent. */
const AGENT_FAULT_REASON = /it failed: (agent|limit|setup)/;

/** Judges tasks that were given up: only reported failures may consume the retries of an agent. */
export function judgeWaiting(judge: Judge, world: World, view: PlanView): void {
  for (const waiting of view.waiting) {
    if (waiting.kind !== 'unblock' && waiting.kind !== 'retry') continue;
    const { plan, task, reason = '' } = waiting;
    if (task === undefined || !AGENT_FAULT_REASON.test(reason)) continue;
    const failed = judge.commitments.totalFailures.get(`${plan} ${task}`) ?? 0;
    if (failed <= world.settings.bounds.maxRetries)
      judge.recordViolation(
        world,
        `${task} of ${plan} was given up after ${failed} failures: ${reason}`,
      );
  }
}

/** Judges the history of a task as a client reads the history: each transition must continue the previous one. */
export function judgeHistory(
  judge: Judge,
  world: World,
  task: string,
  history: readonly { readonly version: number; readonly from: string; readonly to: string }[],
): void {
  const transitions = history.toSorted((a, b) => a.version - b.version);
  for (const [place, transition] of transitions.entries()) {
    const before = transitions[place - 1]?.to ?? 'none';
    if (transition.from === before) continue;
    judge.recordViolation(
      world,
      `the history of ${task} has no transition from ${before} to ${transition.from}`,
    );
    return;
  }
}
