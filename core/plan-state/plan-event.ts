import type { Condition, CreatePlan, Forecast } from '../contract/plan.ts';
import type { Usage } from '../contract/task.ts';
import type { PlanRepository, PlanState, RootPull } from './plan-state.ts';

/**
 * Every change of a plan. Events with `run` come from work on that run and change nothing once another run has begun.
 * `now` and the actor are part of the context of the decision, not of the event.
 */
export type PlanEvent =
  /** The base commits are known, and the forge has reported the rules that concern the plan. */
  | {
      readonly type: 'preflight_done';
      readonly repositories: PlanRepository[];
      readonly conditions: readonly Condition[];
    }
  /** The commands and settings of each repository are known. */
  | { readonly type: 'explored'; readonly repositories: PlanRepository[] }
  | {
      readonly type: 'assessed';
      readonly verdict: NonNullable<PlanState['verdict']>;
      readonly usage?: Usage;
    }
  /** The first revision is stored under `tag`. */
  | {
      readonly type: 'decomposed';
      readonly tag: string;
      readonly forecast: Forecast;
      readonly summary?: string;
      readonly usage?: Usage;
    }
  /** An outside system refuses until `until` (epoch milliseconds). Costs no attempt. */
  | { readonly type: 'planning_parked'; readonly until: number; readonly why: string }
  /** The step failed for a reason that may pass. Counts as a fault. */
  | { readonly type: 'planning_retried'; readonly until: number; readonly why: string }
  /** A person ends the pause. */
  | { readonly type: 'planning_unparked' }
  | { readonly type: 'planning_failed'; readonly why: string }
  /** A new revision, stored under `tag`, replaces the revision number `replaces`. */
  | {
      readonly type: 'edited';
      readonly replaces: number;
      readonly tag: string;
      readonly taskCount: number;
      readonly forecast: Forecast;
    }
  | { readonly type: 'approved'; readonly revision: number }
  | { readonly type: 'rejected'; readonly reason: string }
  | { readonly type: 'cancelled'; readonly reason: string }
  /** A new run follows the run number `run`. */
  | { readonly type: 'restarted'; readonly run: number }
  /** `put` of `total` task items of the run are stored. */
  | {
      readonly type: 'activating';
      readonly run: number;
      readonly put: number;
      readonly total: number;
    }
  /** All task items of the run are stored. */
  | {
      readonly type: 'activated';
      readonly run: number;
      readonly total: number;
      readonly ends: PlanState['ends'];
    }
  /** All tasks without dependencies were made ready. */
  | { readonly type: 'released'; readonly run: number }
  | {
      readonly type: 'root_pull_opened';
      readonly run: number;
      readonly pulls: readonly RootPull[];
    }
  /** No task can continue without a person. A second look a minute later decides. */
  | { readonly type: 'halt_suspected' }
  /** The second look agrees with the suspicion of `suspectedAt`, epoch milliseconds. */
  | { readonly type: 'halted'; readonly suspectedAt: number }
  /** A task continues. */
  | { readonly type: 'halt_cleared' }
  /** The whole is verified and its pull requests are handed to a person. */
  | { readonly type: 'completed'; readonly run: number; readonly pulls: RootPull[] }
  /** A person merged, closed or reopened a pull request of a complete plan, and one is still open. */
  | { readonly type: 'pulls_changed'; readonly run: number; readonly pulls: RootPull[] }
  /** No pull request of a complete plan is open any more. */
  | { readonly type: 'delivered'; readonly run: number; readonly pulls: RootPull[] }
  /** A reviewer asked for changes of `task`, the only task of a simple plan. */
  | { readonly type: 'sent_back'; readonly task: string }
  /** A pass over the tasks of a stopped run got as far as `cursor`. The second pass has `wasSwept`. */
  | {
      readonly type: 'run_stopping';
      readonly run: number;
      readonly wasSwept: boolean;
      readonly cursor: number;
      readonly isPassComplete: boolean;
    }
  | { readonly type: 'branches_cleaned_up'; readonly results: readonly CleanupResult[] }
  | { readonly type: 'budget_changed'; readonly budget: CreatePlan['budget'] }
  /** `share` of the budget is used: 0.8 or more, less than 1. */
  | { readonly type: 'budget_low'; readonly share: number }
  /** `share` of the budget is used: 1 or more. */
  | { readonly type: 'budget_used'; readonly share: number }
  /** A step of the control plane failed. */
  | { readonly type: 'step_faulted'; readonly why: string };

/** Result of one attempt to delete the branches of a run. The second pass has `wasSwept`. */
export type CleanupResult = {
  readonly run: number;
  readonly wasSwept: boolean;
  readonly isDeleted: boolean;
};

export type PlanEventType = PlanEvent['type'];

export const PLAN_EVENT_TYPES = [
  'preflight_done',
  'explored',
  'assessed',
  'decomposed',
  'planning_parked',
  'planning_retried',
  'planning_unparked',
  'planning_failed',
  'edited',
  'approved',
  'rejected',
  'cancelled',
  'restarted',
  'activating',
  'activated',
  'released',
  'root_pull_opened',
  'halt_suspected',
  'halted',
  'halt_cleared',
  'completed',
  'pulls_changed',
  'delivered',
  'sent_back',
  'run_stopping',
  'branches_cleaned_up',
  'budget_changed',
  'budget_low',
  'budget_used',
  'step_faulted',
] as const satisfies readonly PlanEventType[];
