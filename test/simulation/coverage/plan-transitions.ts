/**
 * Transitions of plans with a required count; 20,000 seeds reach each of them far more than 50 times. The other transitions of the
 * state table have no required count. Never reached: the activation of a plan in several slices, because no plan is large enough, and
 * the events of budgets, because no person sets a budget. Rarely reached: the end of a planning pause, a failed activation, the restart
 * of a rejected plan, and `run_stopping` of a plan that is being planned or complete.
 */
export const REQUIRED_PLAN_TRANSITIONS: readonly string[] = [
  'none x created',
  'planning x preflight_done',
  'planning x explored',
  'planning x assessed',
  'planning x decomposed',
  'planning x planning_failed',
  'planning x planning_parked',
  'planning x planning_retried',
  'planning x cancelled',
  'pending_approval x edited',
  'pending_approval x approved',
  'pending_approval x rejected',
  'pending_approval x cancelled',
  'activating x activated',
  'activating x run_stopping',
  'activating x cancelled',
  'active x released',
  'active x root_pull_opened',
  'active x halt_suspected',
  'active x halted',
  'active x halt_cleared',
  'active x step_faulted',
  'active x completed',
  'active x restarted',
  'active x run_stopping',
  'active x cancelled',
  'complete x pulls_changed',
  'complete x sent_back',
  'complete x step_faulted',
  'complete x delivered',
  'complete x branches_cleaned_up',
  'complete x restarted',
  'cancelled x run_stopping',
  'cancelled x branches_cleaned_up',
  'cancelled x restarted',
  'failed x restarted',
];
