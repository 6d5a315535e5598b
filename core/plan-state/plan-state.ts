import type { Condition, CreatePlan, Forecast, Policy, Verdict } from '../contract/plan.ts';
import type { PlanStatus } from '../contract/plan-status.ts';
import type { Repository } from '../contract/repository.ts';
import type { Limits, Usage } from '../contract/task.ts';

// State of a plan: status, options and pending work. Each revision of the graph and each task has its own item in the store.

/** Repository of a plan with the findings of the preflight and the exploration. */
export type PlanRepository = {
  readonly name: string;
  readonly forge: Repository['forge'];
  readonly cloneUrl: string;
  readonly base: string;
  /** Commit of the base branch from which all work starts; empty until the preflight. */
  readonly baseSha: string;
  readonly setup: string[][];
  readonly verify: string[][];
  readonly shared: string[];
  readonly env: Record<string, string>;
  readonly strictMerge: boolean;
  /** True if the repository has CI; its checks appear some time after a commit. */
  readonly expectsChecks?: boolean;
  readonly notes: string;
  readonly author?: { readonly name: string; readonly email: string };
  readonly signOff: boolean;
  /** Size at the creation of the plan, KB, as reported by the forge. */
  readonly sizeKb?: number;
  readonly titlePattern?: string;
  readonly pullTemplate?: string;
  /** Explains to people the origin of the set-up and verify commands. */
  readonly found: string;
  readonly resources?: { readonly cpu?: string; readonly memory?: string; readonly disk?: string };
};

/** Pull request for a person to merge: from the root branch, or from the task branch of a simple plan. */
export type RootPull = {
  readonly repo: string;
  readonly branch: string;
  readonly number?: number;
  readonly nodeId?: string;
  readonly url?: string;
  readonly ready: boolean;
  readonly state: 'none' | 'open' | 'merged' | 'closed';
  /** True if a person merged the pull request before the branch contained all work. */
  readonly wasMergedEarly?: boolean;
};

/** Entry of a plan's history. */
export type PlanTransition = {
  readonly version: number;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly from: PlanStatus | 'none';
  readonly to: PlanStatus;
  readonly event: string;
  readonly actor: string;
  readonly reason?: string;
};

/** State of a plan. Times are epoch milliseconds. */
export type PlanState = {
  readonly id: string;
  readonly title: string;
  readonly prompt: string;
  readonly status: PlanStatus;
  readonly options: Pick<
    CreatePlan,
    'complexity' | 'autoApprove' | 'limits' | 'budget' | 'interactive'
  > & {
    readonly maxParallel?: number;
    readonly agent?: string;
  };
  readonly policy: Policy;
  readonly repositories: PlanRepository[];
  /** True if a person submitted the graph, so that no model plans the tasks. */
  readonly submitted: boolean;
  /** Number of the current run, from 1. */
  readonly run: number;
  /** Number of the newest revision of the graph; 0 before the first. */
  readonly revision: number;
  /** Tags under which the revisions are stored, oldest first. */
  readonly revisionTags: string[];
  /** Approved revision, which the run executes. */
  readonly approved?: number;
  readonly verdict?: Verdict;
  readonly summary?: string;
  readonly forecast?: Forecast;
  /** Warnings and errors about the plan, at most 20, with a different code each. */
  readonly conditions: Condition[];
  /** Next planning step, and its failures in a row. */
  readonly planning: {
    readonly stage: 'queued' | 'explore' | 'assess' | 'decompose' | 'done';
    readonly faults: number;
    readonly parkedUntil?: number;
  };
  /** Progress of the activation: `put` of `total` task items are stored, `released` are released; `roots` if the root branches exist. */
  readonly activation: {
    readonly put: number;
    readonly released: number;
    readonly total: number;
    readonly roots: boolean;
  };
  /** Nodes whose merge completes the plan: the `end` node of each repository, or the task of a simple plan. */
  readonly ends: { readonly task: string; readonly repo: string }[];
  readonly pulls: RootPull[];
  /** Runs whose tasks are being cancelled. */
  readonly stoppingRuns: {
    readonly run: number;
    /** Revision of the run's graph; 0 if the run has no tasks. */
    readonly revision: number;
    readonly reason: string;
    /** Number of nodes cancelled by the current pass. */
    readonly cursor: number;
    readonly dueAt: number;
    /** True after the first pass. */
    readonly swept?: boolean;
  }[];
  /** Runs whose branches will be deleted at `at`. */
  readonly pendingCleanups: {
    readonly run: number;
    readonly at: number;
    /** Number of failed deletions in a row. */
    readonly tries?: number;
    /** True after the first pass. */
    readonly swept?: boolean;
  }[];
  /** Time since which no task can continue without a person. */
  readonly haltedSince?: number;
  /** True after the halt was confirmed and people were notified. */
  readonly haltNotified?: boolean;
  /** Highest crossed limit of the budget: `low` is 80 %, `used` is 100 %. */
  readonly budgetLevel?: 'low' | 'used';
  readonly usage: Usage;
  /** Reason of a rejection, cancellation or failure. */
  readonly reason?: string;
  /** Failed steps of the control plane in a row. */
  readonly faults: number;
  readonly createdBy: string;
  /** Hash of the create request; recognises a repeated request. */
  readonly bodyHash?: string;
  readonly createdAt: number;
  readonly startedAt?: number;
  readonly finishedAt?: number;
  readonly last: PlanTransition;
};

export const EMPTY_ACTIVATION: PlanState['activation'] = {
  put: 0,
  released: 0,
  total: 0,
  roots: false,
};

export function isSimple(plan: PlanState): boolean {
  return plan.verdict?.complexity === 'simple';
}

/** Returns whether attempts of this run may continue. A reviewer can still request changes in a complete simple plan. */
export function isRunning(plan: PlanState, run: number): boolean {
  if (plan.run !== run) return false;
  return plan.status === 'active' || (plan.status === 'complete' && isSimple(plan));
}

/** Combines limits: a limit of the task takes precedence over the limit of the plan, and both over the default. */
export function resolveLimits(
  plan: PlanState,
  task: Limits,
  defaults: Required<Limits>,
): Required<Limits> {
  return { ...defaults, ...omitUndefined(plan.options.limits), ...omitUndefined(task) };
}

function omitUndefined(limits: Limits): Limits {
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
}

const MAX_CONDITIONS = 20;

/** Adds a condition, which replaces an earlier condition with the same code. */
export function addCondition(plan: PlanState, condition: Condition): PlanState {
  const others = plan.conditions.filter(({ code }) => code !== condition.code);
  return { ...plan, conditions: [...others, condition].slice(-MAX_CONDITIONS) };
}

export function removeCondition(plan: PlanState, code: string): PlanState {
  return { ...plan, conditions: plan.conditions.filter((condition) => condition.code !== code) };
}
