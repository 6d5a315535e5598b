import type { TaskEventType } from '../../../core/task-state/task-event.ts';
import type { FaultKind } from '../faults.ts';
import type { Bridge } from './bridge.ts';

// Draws faulty outcomes of attempts, more often where the outcome leads to a focus of the seed.

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

/** True when the fault leads to a focus: a failed verification next to a pull request, or a failed repair of a ready task. */
function isInFocus({ world, assignment }: Bridge, kind: FaultKind): boolean {
  return world.faults.foci.some(({ status, event }) => {
    if (status === 'ready') return kind === 'agent_failed' && assignment.kind === 'repair';
    const isVerifyStatus = status === 'merging' || status === 'pr_open';
    return isVerifyStatus && assignment.kind === 'verify' && EVENT_BY_FAULT[kind] === event;
  });
}
