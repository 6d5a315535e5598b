import type { TaskEventType } from '../../../core/task-state/task-event.ts';
import type { FaultKind } from '../faults.ts';
import type { Bridge } from './bridge.ts';

// How an attempt fares: by chance, and more often so where the seed is about what comes of it.

const EVENT_BY_FAULT: Partial<Record<FaultKind, TaskEventType>> = {
  agent_refused: 'attempt_refused',
  agent_failed: 'attempt_failed',
  pod_lost: 'attempt_lost',
};
const FOCUS_RATE = 0.4;

export function hasFaultyOutcome(bridge: Bridge, kind: FaultKind): boolean {
  const { faults, random } = bridge.world;
  if (faults.isActive && isInFocus(bridge, kind) && random.chance(FOCUS_RATE)) {
    faults.countFault(kind);
    return true;
  }
  return faults.drawFault(kind);
}

/** An attempt beside a pull request verifies; a repair that failed leaves its task ready, with a pull request. */
function isInFocus({ world, assignment }: Bridge, kind: FaultKind): boolean {
  return world.faults.foci.some(({ status, event }) => {
    if (status === 'ready') return kind === 'agent_failed' && assignment.kind === 'repair';
    const isBeside = status === 'merging' || status === 'pr_open';
    return isBeside && assignment.kind === 'verify' && EVENT_BY_FAULT[kind] === event;
  });
}
