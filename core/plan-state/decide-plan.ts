import type { PlanStatus } from '../contract/plan-status.ts';
import { onBaseAccepted, onBaseChecked, onBaseCheckMoved } from './base-transitions.ts';
import {
  onBranchesCleanedUp,
  onClosed,
  onPullsChanged,
  onRetargeted,
  onRunStopping,
  onSentBack,
} from './cleanup-transitions.ts';
import {
  onApproved,
  onBudgetChanged,
  onCancelled,
  onEdited,
  onRejected,
  onRestarted,
} from './gate-transitions.ts';
import type { PlanContext, PlanEvent, PlanEventType, PlanRow } from './plan-event.ts';
import type { PlanState } from './plan-state.ts';
import {
  onAssessed,
  onDecomposed,
  onExplored,
  onPlanningFailed,
  onPlanningParked,
  onPlanningUnparked,
  onPreflightDone,
} from './planning-transitions.ts';
import {
  onActivated,
  onActivating,
  onBudgetLow,
  onBudgetUsed,
  onCompleted,
  onHaltCleared,
  onHalted,
  onHaltSuspected,
  onReleased,
  onRootPullOpened,
  onStepFaulted,
} from './run-transitions.ts';

// The state table of a plan. An event without a row for the current status changes nothing.

/** Result of applying an event to a plan. */
export type PlanDecision =
  /** The event changes nothing in this state. */
  { readonly kind: 'noop' } | { readonly kind: 'changed'; readonly state: PlanState };

type PlanRows = Partial<Record<PlanEventType, PlanRow>>;

/** Rows of bookkeeping events, which every status accepts. */
export const COMMON_PLAN_ROWS: PlanRows = {
  run_stopping: onRunStopping,
  branches_cleaned_up: onBranchesCleanedUp,
  budget_changed: onBudgetChanged,
  step_faulted: onStepFaulted,
};

/** Rows of statuses in which a plan follows the checks of its base commits. */
const BASE_ROWS: PlanRows = { base_checked: onBaseChecked, base_accepted: onBaseAccepted };

export const PLAN_TABLE: Record<PlanStatus, PlanRows> = {
  planning: {
    preflight_done: onPreflightDone,
    explored: onExplored,
    assessed: onAssessed,
    decomposed: onDecomposed,
    planning_parked: onPlanningParked,
    planning_retried: onPlanningParked,
    planning_unparked: onPlanningUnparked,
    planning_failed: onPlanningFailed,
    base_checked: onBaseChecked,
    cancelled: onCancelled,
  },
  pending_approval: {
    ...BASE_ROWS,
    edited: onEdited,
    approved: onApproved,
    rejected: onRejected,
    cancelled: onCancelled,
    closed: onClosed,
  },
  activating: {
    ...BASE_ROWS,
    activating: onActivating,
    activated: onActivated,
    cancelled: onCancelled,
  },
  active: {
    ...BASE_ROWS,
    released: onReleased,
    root_pull_opened: onRootPullOpened,
    halt_suspected: onHaltSuspected,
    halted: onHalted,
    halt_cleared: onHaltCleared,
    budget_low: onBudgetLow,
    budget_used: onBudgetUsed,
    completed: onCompleted,
    retargeted: onRetargeted,
    cancelled: onCancelled,
    restarted: onRestarted,
  },
  complete: {
    pulls_changed: onPullsChanged,
    delivered: onPullsChanged,
    retargeted: onRetargeted,
    sent_back: onSentBack,
    restarted: onRestarted,
    closed: onClosed,
  },
  rejected: { restarted: onRestarted, closed: onClosed },
  cancelled: { restarted: onRestarted, closed: onClosed },
  failed: { restarted: onRestarted, closed: onClosed },
  closed: { restarted: onRestarted },
};

/** Rows of a base check, a hidden plan that people neither edit nor stop. */
const BASE_CHECK_ROWS: PlanRows = { base_checked: onBaseCheckMoved, step_faulted: onStepFaulted };

function selectRow({ status, purpose }: PlanState, type: PlanEventType): PlanRow | undefined {
  if (purpose === 'base') return BASE_CHECK_ROWS[type];
  return PLAN_TABLE[status][type] ?? COMMON_PLAN_ROWS[type];
}

/** Decides the next state of a plan. Pure: time and settings come from `context`. */
export function decidePlan(state: PlanState, event: PlanEvent, context: PlanContext): PlanDecision {
  const row = selectRow(state, event.type);
  const next = row?.(state, event as never, context);
  if (next === undefined) return { kind: 'noop' };
  return {
    kind: 'changed',
    state: {
      ...next,
      last: {
        version: context.version,
        at: context.now,
        from: state.status,
        to: next.status,
        event: event.type,
        actor: context.actor,
        reason: readReason(event),
      },
    },
  };
}

function readReason(event: PlanEvent): string | undefined {
  if (event.type === 'base_checked') return event.result.reason;
  if ('why' in event) return event.why;
  return 'reason' in event ? event.reason : undefined;
}
