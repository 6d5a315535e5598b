import type { Condition, CreatePlan, Forecast, Policy, Verdict } from '../contract/plan.ts';
import type { PlanStatus } from '../contract/plan-status.ts';
import type { Repository } from '../contract/repository.ts';
import type { Limits, Usage } from '../contract/task.ts';

// The item of a plan: its status, its options and its pending work. Graphs are stored as revisions, tasks as items of their own.

export type PlanRepository = {
  readonly name: string;
  readonly forge: Repository['forge'];
  readonly cloneUrl: string;
  readonly base: string;
  /** Commit of the base branch that all work starts from; empty until the preflight. */
  readonly baseSha: string;
  readonly setup: string[][];
  readonly verify: string[][];
  readonly shared: string[];
  readonly env: Record<string, string>;
  readonly strictMerge: boolean;
  /** The repository has CI, whose checks appear some time after a commit. */
  readonly expectsChecks?: boolean;
  readonly notes: string;
  readonly author?: { readonly name: string; readonly email: string };
  readonly signOff: boolean;
  /** Size in KB, as the forge reported it when the plan was created. */
  readonly sizeKb?: number;
  readonly titlePattern?: string;
  readonly pullTemplate?: string;
  /** Explains how the set-up and verify commands were found, for people to confirm. */
  readonly found: string;
  readonly resources?: { readonly cpu?: string; readonly memory?: string; readonly disk?: string };
};

/** The pull request that a person merges: from the root branch, or from the task branch of a simple plan. */
export type RootPull = {
  readonly repo: string;
  readonly branch: string;
  readonly number?: number;
  readonly nodeId?: string;
  readonly url?: string;
  readonly ready: boolean;
  readonly state: 'none' | 'open' | 'merged' | 'closed';
  /** A person merged the pull request before all work was in it. */
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

/** A plan as the store keeps it. All times are epoch milliseconds. */
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
  /** A person submitted the graph, so no model is asked for one. */
  readonly submitted: boolean;
  readonly run: number;
  /** Number of the newest revision of the graph; 0 before the first. */
  readonly revision: number;
  /** Store tag of each revision, oldest first. */
  readonly revisionTags: string[];
  /** The revision that the run executes. */
  readonly approved?: number;
  readonly verdict?: Verdict;
  readonly summary?: string;
  readonly forecast?: Forecast;
  /** Lasting findings about the plan, at most one per code. */
  readonly conditions: Condition[];
  /** The next planning step, and how often in a row it failed. */
  readonly planning: {
    readonly stage: 'queued' | 'explore' | 'assess' | 'decompose' | 'done';
    readonly faults: number;
    readonly parkedUntil?: number;
  };
  /** Progress of the run's start: stored task items, then task items that were released. `roots`: the root branches exist. */
  readonly activation: {
    readonly put: number;
    readonly released: number;
    readonly total: number;
    readonly roots: boolean;
  };
  /** Nodes whose merge completes the plan: one `end` per repository, or the task of a simple plan. */
  readonly ends: { readonly task: string; readonly repo: string }[];
  readonly pulls: RootPull[];
  /** Runs whose tasks are being cancelled. */
  readonly stoppingRuns: {
    readonly run: number;
    /** Revision of the run's graph; 0 when the run has no tasks. */
    readonly revision: number;
    readonly reason: string;
    /** Number of nodes that the current pass has cancelled. */
    readonly cursor: number;
    readonly dueAt: number;
    /** The first pass is complete. */
    readonly swept?: boolean;
  }[];
  /** Runs whose branches are to be deleted at `at`. */
  readonly pendingCleanups: {
    readonly run: number;
    readonly at: number;
    /** Number of failed deletions in a row. */
    readonly tries?: number;
    /** The first pass is complete. */
    readonly swept?: boolean;
  }[];
  /** When the plan was first found without a task that can continue. */
  readonly haltedSince?: number;
  /** The halt was confirmed and people were notified. */
  readonly haltNotified?: boolean;
  /** The highest budget limit that was crossed: `low` is 80 %, `used` is 100 %. */
  readonly budgetLevel?: 'low' | 'used';
  readonly usage: Usage;
  readonly reason?: string;
  /** Failed steps of the control plane in a row. */
  readonly faults: number;
  readonly createdBy: string;
  /** Hash of the request that created the plan, to recognise a repeated request. */
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

/** Whether attempts of this run may continue. A reviewer can send back the task of a simple plan that is complete. */
export function isRunning(plan: PlanState, run: number): boolean {
  if (plan.run !== run) return false;
  return plan.status === 'active' || (plan.status === 'complete' && isSimple(plan));
}

/** Combines limits: those of the task count first, then the plan's, then the defaults. */
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

/** A newer condition replaces the condition of the same code. */
export function addCondition(plan: PlanState, condition: Condition): PlanState {
  const others = plan.conditions.filter(({ code }) => code !== condition.code);
  return { ...plan, conditions: [...others, condition].slice(-MAX_CONDITIONS) };
}

export function removeCondition(plan: PlanState, code: string): PlanState {
  return { ...plan, conditions: plan.conditions.filter((condition) => condition.code !== code) };
}
