/**
 * What core/engine/plan and core/engine/command write of plans, as far as 20,000 seeds meet it far more than 50 times. Of the
 * rest nothing is demanded. Plans too large for one slice of activation, and budgets, which nobody changes, are not met; met
 * too seldom are an unparked planning, a failure on the way to be active, the restart of what was rejected, and the end of a
 * run beside one that is complete or being planned.
 */
export const PLAN_TRANSITIONS: readonly string[] = [
  'none x created',
  'planning x planned_queued',
  'planning x planned_explore',
  'planning x planned_assess',
  'planning x planned_decompose',
  'planning x planning_failed',
  'planning x planning_parked',
  'planning x planning_retried',
  'planning x cancelled',
  'pending_approval x edited',
  'pending_approval x approved',
  'pending_approval x rejected',
  'pending_approval x cancelled',
  'activating x activated',
  'activating x run_ending',
  'activating x cancelled',
  'active x released',
  'active x root_pull_opened',
  'active x halting',
  'active x halted',
  'active x moving',
  'active x faulted',
  'active x completed',
  'active x restarted',
  'active x run_ending',
  'active x cancelled',
  'complete x pull_changed',
  'complete x sent_back',
  'complete x faulted',
  'complete x delivered',
  'complete x cleaned_up',
  'complete x restarted',
  'cancelled x run_ending',
  'cancelled x cleaned_up',
  'cancelled x restarted',
  'failed x restarted',
];
