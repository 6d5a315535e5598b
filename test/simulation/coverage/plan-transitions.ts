/**
 * What core/engine/plan and core/engine/command write of plans and many seeds meet. The rest, of which nothing is demanded:
 * plans too large for one slice of activation, a budget that is changed, and what befalls a plan in the moment that it takes
 * to be activated.
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
  'activating x activated',
  'activating x run_ending',
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
  'cancelled x run_ending',
  'cancelled x restarted',
  'failed x restarted',
];
