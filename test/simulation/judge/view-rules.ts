import type { PlanView } from '../../../core/contract/plan.ts';
import type { World } from '../world.ts';
import type { Judge } from './judge.ts';

// What clients read.

/** How the bridges of the simulation say that an agent failed by itself. */
const AGENT_FAULT_REASON = /it failed: (agent|limit|setup)/;

/** What a plan is said to wait for. Only what bridges reported can have spent an agent's tries. */
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

/** A task's history as a client reads it. */
export function judgeHistory(
  judge: Judge,
  world: World,
  task: string,
  history: readonly { readonly version: number; readonly from: string; readonly to: string }[],
): void {
  const all = history.toSorted((a, b) => a.version - b.version);
  for (const [place, one] of all.entries()) {
    const before = all[place - 1]?.to ?? 'none';
    if (one.from === before) continue;
    judge.recordViolation(
      world,
      `the history of ${task} goes from ${before} to ${one.from} by nothing`,
    );
    return;
  }
}
