import type { TaskEventType } from '../../../core/task-state/task-event.ts';
import type { FaultKind } from '../faults.ts';
import type { Bridge } from './bridge.ts';

// Draws the faults of attempts; a fault that causes a focus transition of the seed is drawn more often.

const EVENT_BY_FAULT: Partial<Record<FaultKind, TaskEventType>> = {
  provider_refuses_attempt: 'attempt_refused',
  agent_fails: 'attempt_failed',
  pod_dies: 'attempt_lost',
};
const FOCUS_RATE = 0.4;

/** Decides whether a fault hits the attempt of a bridge now. */
export function drawAttemptFault(bridge: Bridge, kind: FaultKind): boolean {
  const { faults, random } = bridge.world;
  if (faults.isActive && causesFocusTransition(bridge, kind) && random.chance(FOCUS_RATE)) {
    faults.countFault(kind);
    return true;
  }
  return faults.drawFault(kind);
}

/**
 * Returns true if the fault causes a focus transition. For the statuses `merging` and `pr_open`, the fault must end a `verify` attempt
 * with the event of the transition; for the status `ready`, the agent must fail in a repair, so that the task returns to `ready`.
 */
function causesFocusTransition({ world, assignment }: Bridge, kind: FaultKind): boolean {
  return world.faults.focusTransitions.some(({ status, event }) => {
    if (status === 'ready') return kind === 'agent_fails' && assignment.kind === 'repair';
    const canBeVerified = status === 'merging' || status === 'pr_open';
    return canBeVerified && assignment.kind === 'verify' && EVENT_BY_FAULT[kind] === event;
  });
}
