import type { Condition, CreatePlan, Forecast } from '../contract/plan.ts';
import type { Usage } from '../contract/task.ts';
import type { BaseState, PlanRepository, PlanState, RootPull } from './plan-state.ts';

/**
 * Event of a plan. `run` is the run behind the event: most rows ignore an event of an older run. The time and the actor are in
 * `PlanContext`.
 */
export type PlanEvent =
  /** The preflight has read the base commits and the relevant rules of the forge; `conditions` are its findings. */
  | {
      readonly type: 'preflight_done';
      readonly repositories: PlanRepository[];
      readonly conditions: readonly Condition[];
    }
  /** The exploration has found the commands and settings of each repository. */
  | {
      readonly type: 'explored';
      readonly repositories: PlanRepository[];
      /** State of the base check of each repository with verify commands. */
      readonly base: readonly BaseState[];
      /** Facts that people should know before they approve the plan. */
      readonly conditions?: readonly Condition[];
    }
  /** The complexity of the request is decided. */
  | {
      readonly type: 'assessed';
      readonly verdict: NonNullable<PlanState['verdict']>;
      readonly usage?: Usage;
    }
  /** The graph is planned, and the first revision is stored under `tag`. */
  | {
      readonly type: 'decomposed';
      readonly tag: string;
      readonly forecast: Forecast;
      readonly summary?: string;
      readonly usage?: Usage;
    }
  /** An outside system refuses requests until `until`, epoch milliseconds. The pause does not count as a failure. */
  | {
      readonly type: 'planning_parked';
      readonly until: number;
      readonly why: string;
      /** Usage of the model by the unfinished step. */
      readonly usage?: Usage | undefined;
    }
  /** A planning step failed for a temporary reason and runs again at `until`, epoch milliseconds. Counts as a failure. */
  | {
      readonly type: 'planning_retried';
      readonly until: number;
      readonly why: string;
      readonly usage?: Usage | undefined;
    }
  /** A person ended the pause of the planning. */
  | { readonly type: 'planning_unparked' }
  | { readonly type: 'planning_failed'; readonly why: string; readonly usage?: Usage | undefined }
  /** A person replaced revision `replaces` by a new revision, stored under `tag`. */
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
  /** A person dismissed a plan that does not run. */
  | { readonly type: 'closed'; readonly reason: string }
  /** A person requested a new run after run `run`; with `bases`, a started plan begins from these commits. */
  | {
      readonly type: 'restarted';
      readonly run: number;
      readonly bases?: readonly { readonly repo: string; readonly sha: string }[];
    }
  /** The store has `stored` of the `total` task items of the run. */
  | {
      readonly type: 'activating';
      readonly run: number;
      readonly stored: number;
      readonly total: number;
    }
  /** The store has all task items of the run. */
  | {
      readonly type: 'activated';
      readonly run: number;
      readonly total: number;
      readonly finalTasks: PlanState['finalTasks'];
    }
  /** All tasks without dependencies are ready. */
  | { readonly type: 'released'; readonly run: number }
  /** The pull requests of root branches are open. */
  | {
      readonly type: 'root_pull_opened';
      readonly run: number;
      readonly pulls: readonly RootPull[];
    }
  /** No task can continue without a person. A second check a minute later confirms the halt. */
  | { readonly type: 'halt_suspected' }
  /** The second check confirmed the suspicion recorded at `suspectedAt`, epoch milliseconds. */
  | { readonly type: 'halted'; readonly suspectedAt: number }
  /** A task can continue again. */
  | { readonly type: 'halt_cleared' }
  /** All work is verified, and the root pull requests wait for a person. */
  | { readonly type: 'completed'; readonly run: number; readonly pulls: RootPull[] }
  /** A pull request of a complete plan was merged, closed or reopened, or can no longer be merged; a pull request is still open. */
  | { readonly type: 'pulls_changed'; readonly run: number; readonly pulls: RootPull[] }
  /** The result for a repository goes to another base branch: a person changed or renamed the base branch. */
  | { readonly type: 'retargeted'; readonly repo: string; readonly base: string }
  /** All pull requests of a complete plan are merged or closed. */
  | { readonly type: 'delivered'; readonly run: number; readonly pulls: RootPull[] }
  /** A reviewer requested changes of `task`, the only task of a simple plan. */
  | { readonly type: 'sent_back'; readonly task: string }
  /** A pass over the nodes of a stopped run has cancelled the first `cursor` nodes. A stopped run gets two passes. */
  | {
      readonly type: 'run_stopping';
      readonly run: number;
      readonly isSecondPass: boolean;
      readonly cursor: number;
      readonly isPassComplete: boolean;
    }
  | { readonly type: 'branches_cleaned_up'; readonly results: readonly CleanupResult[] }
  | { readonly type: 'budget_changed'; readonly budget: CreatePlan['budget'] }
  /** The used `share` of the budget is at least 0.8 and less than 1. */
  | { readonly type: 'budget_low'; readonly share: number }
  /** The used `share` of the budget is 1 or more, or the rest is too small for the next request to the model. */
  | { readonly type: 'budget_used'; readonly share: number; readonly isRestTooSmall?: boolean }
  /** A base check began, began again or ended. */
  | { readonly type: 'base_checked'; readonly result: BaseState }
  /** A person decided to start tasks without green checks of the base commits. */
  | { readonly type: 'base_accepted' }
  /** A step of the control plane failed. */
  | { readonly type: 'step_faulted'; readonly why: string };

/** Result of deleting the branches of a run, which happens in two passes. */
export type CleanupResult = {
  readonly run: number;
  readonly isSecondPass: boolean;
  readonly isDeleted: boolean;
};

/** Type of a plan event. */
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
  'closed',
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
  'retargeted',
  'delivered',
  'sent_back',
  'run_stopping',
  'branches_cleaned_up',
  'budget_changed',
  'budget_low',
  'budget_used',
  'base_checked',
  'base_accepted',
  'step_faulted',
] as const satisfies readonly PlanEventType[];

/** Event of a plan with the given type. */
export type PlanEventOf<T extends PlanEventType> = Extract<PlanEvent, { readonly type: T }>;

/** Input of a transition besides the state and the event. Times are epoch milliseconds. */
export type PlanContext = {
  readonly now: number;
  /** Person or part of the engine behind the event. */
  readonly actor: string;
  /** Version of the plan's item after the write of the next state. */
  readonly version: number;
  /** Retention of the branches of stopped or closed work, days. */
  readonly keepDays: number;
  /** Longest run time of a handler, milliseconds. A handler may write on the basis of a state as old as this. */
  readonly maxHandlerLifetimeMs: number;
};

/** Computes the next state; returns undefined if the event changes nothing. The state table maps each event type to its row. */
export type PlanRow = (
  state: PlanState,
  event: never,
  context: PlanContext,
) => PlanState | undefined;
