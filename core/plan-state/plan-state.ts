import type { Condition, CreatePlan, Forecast, Policy, Verdict } from '../contract/plan.ts';
import type { PlanStatus } from '../contract/plan-status.ts';
import type { Repository } from '../contract/repository.ts';
import type { Limits, Usage } from '../contract/task.ts';

// A plan's head: what it is, where it stands and what it owes. Its graph lies in revisions, its tasks in items of their own.

export type PlanRepository = {
  readonly name: string;
  readonly forge: Repository['forge'];
  readonly cloneUrl: string;
  readonly base: string;
  /** Known once explored. */
  readonly baseSha: string;
  readonly setup: string[][];
  readonly verify: string[][];
  readonly shared: string[];
  readonly env: Record<string, string>;
  readonly strictMerge: boolean;
  /** It has CI: checks appear some time after a commit does. */
  readonly expectsChecks?: boolean;
  readonly notes: string;
  readonly author?: { readonly name: string; readonly email: string };
  readonly signOff: boolean;
  /** As the forge reported it when the plan was made. */
  readonly sizeKb?: number;
  readonly titlePattern?: string;
  readonly pullTemplate?: string;
  /** How set-up and verify were found, for people to confirm. */
  readonly found: string;
  readonly resources?: { readonly cpu?: string; readonly memory?: string; readonly disk?: string };
};

export type RootPull = {
  readonly repo: string;
  readonly branch: string;
  readonly number?: number;
  readonly nodeId?: string;
  readonly url?: string;
  readonly ready: boolean;
  readonly state: 'none' | 'open' | 'merged' | 'closed';
  /** A person merged it before everything was in it. */
  readonly wasMergedEarly?: boolean;
};

export type PlanTransition = {
  readonly version: number;
  readonly at: number;
  readonly from: PlanStatus | 'none';
  readonly to: PlanStatus;
  readonly event: string;
  readonly actor: string;
  readonly reason?: string;
};

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
  /** Present: the graph was handed in, no model is asked. */
  readonly submitted: boolean;
  readonly run: number;
  /** Newest revision of the graph; 0: none yet. */
  readonly revision: number;
  /** Under which tag each revision lies, from the first. */
  revisionTags: string[];
  /** The revision that the run executes. */
  readonly approved?: number;
  readonly verdict?: Verdict;
  readonly summary?: string;
  readonly forecast?: Forecast;
  readonly conditions: Condition[];
  /** The step that comes next, and its failures in a row. */
  readonly planning: {
    readonly stage: 'queued' | 'explore' | 'assess' | 'decompose' | 'done';
    readonly faults: number;
    readonly parkedUntil?: number;
  };
  /** How many nodes of the run are put; then how many of those that wait on nothing are ready. */
  readonly activation: {
    readonly put: number;
    readonly released: number;
    readonly total: number;
    readonly roots: boolean;
  };
  /** Nodes whose merge completes the plan: one `end` per repository, or the task of a simple plan. */
  readonly ends: { readonly task: string; readonly repo: string }[];
  readonly pulls: RootPull[];
  /** Runs whose work is to be stopped; their branches go after the keeping time. */
  readonly stoppingRuns: {
    readonly run: number;
    readonly revision: number;
    readonly reason: string;
    readonly cursor: number;
    /** When it is looked at next: at once, then again when every handler that had not heard of the stop is over. */
    readonly dueAt: number;
    readonly swept?: boolean;
  }[];
  /** Runs whose branches go, and when; `tries`: so often they could not be deleted; `swept`: they were, once. */
  readonly pendingCleanups: {
    readonly run: number;
    readonly at: number;
    readonly tries?: number;
    readonly swept?: boolean;
  }[];
  /** When it was first seen that nothing can move without a person. */
  readonly haltedSince?: number;
  readonly haltNotified?: boolean;
  readonly usage: Usage;
  readonly reason?: string;
  readonly faults: number;
  readonly createdBy: string;
  /** Of the request that created it, for one that is repeated. */
  readonly bodyHash?: string;
  readonly createdAt: number;
  readonly startedAt?: number;
  readonly finishedAt?: number;
  readonly last: PlanTransition;
};

export function isSimple(plan: PlanState): boolean {
  return plan.verdict?.complexity === 'simple';
}

/** Whether attempts of this run may go on. A simple plan is complete while its task is in review, and may be sent back. */
export function isRunning(plan: PlanState, run: number): boolean {
  if (plan.run !== run) return false;
  return plan.status === 'active' || (plan.status === 'complete' && isSimple(plan));
}

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

/** One condition per code: a newer one takes its place. */
export function addCondition(plan: PlanState, condition: Condition): PlanState {
  return {
    ...plan,
    conditions: [
      ...plan.conditions.filter((other) => other.code !== condition.code),
      condition,
    ].slice(-20),
  };
}

export function removeCondition(plan: PlanState, code: string): PlanState {
  return { ...plan, conditions: plan.conditions.filter((condition) => condition.code !== code) };
}
