import { AppError } from '../base/app-error.ts';
import type { AttemptBudget } from '../contract/attempt.ts';
import type { Condition, Forecast, PlanOptions, Policy, Verdict } from '../contract/plan.ts';
import type { PlanStatus } from '../contract/plan-status.ts';
import type { Repository } from '../contract/repository.ts';
import type { Limits, Usage } from '../contract/task.ts';
import type { PullProblem } from '../contract/waiting.ts';

// State of a plan: status, options and pending work, with the rules that depend only on this state. Each revision of the graph and
// each task has its own item in the store.

/** Repository of a plan with the findings of the preflight and the exploration. */
export type PlanRepository = {
  readonly name: string;
  readonly forge: Repository['forge'];
  readonly cloneUrl: string;
  /** Folder of a repository on the machine of the platform, for commands that people run there. */
  readonly path?: string;
  readonly base: string;
  /** Commit of the base branch from which all work starts; empty until the preflight. */
  readonly baseSha: string;
  readonly setup: string[][];
  readonly verify: string[][];
  readonly shared: string[];
  readonly env: Record<string, string>;
  /** True if evidence is valid only for the root commit with which the evidence was produced. */
  readonly strictMerge: boolean;
  /** True if the repository has CI; its checks appear some time after a commit. */
  readonly expectsChecks?: boolean;
  /** Instructions of the repository for every agent; may be empty. */
  readonly agentInstructions: string;
  readonly author?: { readonly name: string; readonly email: string };
  readonly signOff: boolean;
  /** Size at the creation of the plan, KB, as reported by the forge. */
  readonly sizeKb?: number;
  /** Template of pull request titles. */
  readonly titlePattern?: string;
  readonly pullTemplate?: string;
  /** Description of the set-up and verify commands and their sources, for people. */
  readonly commandsDescription: string;
  readonly resources?: { readonly cpu?: string; readonly memory?: string; readonly disk?: string };
};

/** Pull request for a person to merge: from the root branch, or from the task branch of a simple plan. */
export type RootPull = {
  readonly repo: string;
  readonly branch: string;
  readonly number?: number;
  readonly nodeId?: string;
  readonly url?: string;
  /** True if the pull request is ready for review; false for a draft. */
  readonly ready: boolean;
  readonly state: 'open' | 'merged' | 'closed';
  /** True if a person merged the pull request before the branch contained all work. */
  readonly wasMergedEarly?: boolean;
  /** Reason why a person cannot merge the pull request. */
  readonly problem?: PullProblem | undefined;
};

/** Verification of a base commit by a base check. */
export type BaseState = {
  readonly repo: string;
  /** Verified commit. The entry says nothing about another base commit of the repository. */
  readonly commit: string;
  /** Id of the hidden plan that runs the check. */
  readonly check: string;
  /** Run of the check, from 1; a repeated check has a higher run. */
  readonly run: number;
  /** `unknown`: the check could not run, so the plan continues without its result. */
  readonly status: 'checking' | 'green' | 'red' | 'unknown';
  /** Failed command and the end of its output, or why the check could not run; at most 2,000 characters. */
  readonly reason?: string;
  /** True after a person decided to start tasks on this commit without a green check. */
  readonly accepted?: true;
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
  /** Present for a hidden plan that verifies a base commit for other plans. */
  readonly purpose?: 'base';
  readonly status: PlanStatus;
  readonly options: PlanOptions;
  readonly policy: Policy;
  readonly repositories: PlanRepository[];
  /** Verification of the base commit of each repository with verify commands. A base check has an entry for itself. */
  readonly base?: readonly BaseState[];
  /** True if a person submitted the graph, so that no model plans the tasks. */
  readonly hasSubmittedGraph: boolean;
  /** Number of the current run, from 1. */
  readonly run: number;
  /** Number of the newest revision of the graph; 0 before the first. */
  readonly revision: number;
  /** Unique tags in the keys of the stored revisions, oldest first; writers of the same revision use different tags. */
  readonly revisionTags: string[];
  /** Approved revision, which the run executes. */
  readonly approvedRevision?: number;
  readonly verdict?: Verdict;
  readonly summary?: string;
  readonly forecast?: Forecast;
  /** Warnings and errors about the plan, at most 20, with a different code each. */
  readonly conditions: Condition[];
  /** Next planning step, and its failures in a row. */
  readonly planning: {
    readonly stage: 'queued' | 'explore' | 'assess' | 'decompose' | 'done';
    readonly consecutiveFailures: number;
    readonly parkedUntil?: number;
  };
  /**
   * Progress of the activation: `stored` of `total` task items are in the store; `released` is 0, or `total` once all tasks without
   * dependencies are ready.
   */
  readonly activation: {
    readonly stored: number;
    readonly released: number;
    readonly total: number;
    readonly hasRootBranches: boolean;
  };
  /** Nodes whose merge completes the plan: the `end` node of each repository, or the task of a simple plan. */
  readonly finalTasks: { readonly task: string; readonly repo: string }[];
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
    readonly isFirstPassDone?: boolean;
  }[];
  /** Runs whose branches will be deleted at `at`. */
  readonly pendingCleanups: {
    readonly run: number;
    readonly at: number;
    /** Number of failed deletions in a row. */
    readonly tries?: number;
    /** True after the first pass. */
    readonly isFirstPassDone?: boolean;
  }[];
  /** Time since which no task can continue without a person. */
  readonly haltedSince?: number;
  /** True after the halt was confirmed and people were notified. */
  readonly haltNotified?: boolean;
  /** Highest crossed limit of the budget: `low` is 80 %, `used` is 100 %. */
  readonly budgetLevel?: 'low' | 'used';
  /** True if the rest of the budget does not suffice for another request to the model. */
  readonly isBudgetRestTooSmall?: true | undefined;
  /** Time of the last change of the budget by a person. */
  readonly budgetChangedAt?: number;
  readonly usage: Usage;
  /** Reason of a rejection, cancellation or failure. */
  readonly reason?: string;
  /** Failures of the control plane in a row while it handles this plan. */
  readonly consecutiveEngineFailures: number;
  readonly createdBy: string;
  /** Hash of the create request; recognises a repeated request. */
  readonly bodyHash?: string;
  readonly createdAt: number;
  readonly startedAt?: number;
  readonly finishedAt?: number;
  /** Newest transition. */
  readonly last: PlanTransition;
};

export const EMPTY_ACTIVATION: PlanState['activation'] = {
  stored: 0,
  released: 0,
  total: 0,
  hasRootBranches: false,
};

export function isSimple(plan: PlanState): boolean {
  return plan.verdict?.complexity === 'simple';
}

/** Returns true if attempts of this run may start and continue. A reviewer can still request changes in a complete simple plan. */
export function runAcceptsWork(plan: PlanState, run: number): boolean {
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

// Verification of base commits.

/** Returns the verification of the repository's base commit; undefined if no check is known for exactly this commit. */
export function findBaseState(
  plan: PlanState,
  { name, baseSha }: Pick<PlanRepository, 'name' | 'baseSha'>,
): BaseState | undefined {
  return plan.base?.find(({ repo, commit }) => repo === name && commit === baseSha);
}

/**
 * Returns the base checks that keep the tasks of the plan from starting: checks without an end and red checks, unless a person
 * accepted the base commit. A check of an earlier base commit also counts, because the check of the new commit is still missing.
 */
export function listBlockingBases(plan: PlanState): BaseState[] {
  if (plan.options.allowRedBase || plan.purpose === 'base') return [];
  return (plan.base ?? []).filter((entry) => {
    const isOutdated = plan.repositories.some(
      ({ name, baseSha }) => name === entry.repo && baseSha !== entry.commit,
    );
    if (isOutdated) return true;
    return entry.accepted !== true && (entry.status === 'checking' || entry.status === 'red');
  });
}

/** Returns true if the checks of the base commits allow tasks to start. */
export function isReleasable(plan: PlanState): boolean {
  return listBlockingBases(plan).length === 0;
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

// Budget of a plan.

/** Used share of the budget at which people get a warning. */
export const BUDGET_WARNING_SHARE = 0.8;

/**
 * A plan and the usage of its attempts. The totals are stored outside `state`; a new total does not change the version of the plan.
 */
export type PlanSpending = {
  readonly state: PlanState;
  readonly usedTokens: number;
  readonly usedUsd: number;
};

/** Returns true if the plan has a limit on tokens or costs. */
export function hasBudget({ options: { budget } }: PlanState): boolean {
  return budget.maxTokens !== undefined || budget.maxUsd !== undefined;
}

/** Returns the tokens and the cost of planning and attempts. */
export function computeSpending({ state, usedTokens, usedUsd }: PlanSpending): {
  readonly tokens: number;
  readonly usd: number;
} {
  const { inputTokens, outputTokens, usd } = state.usage;
  return { tokens: usedTokens + inputTokens + outputTokens, usd: usedUsd + (usd ?? 0) };
}

/** Returns the used share of the budget: 0 without a budget or usage, 1 for a used-up budget, more for an exceeded budget. */
export function computeBudgetShare(plan: PlanSpending): number {
  const { maxTokens, maxUsd } = plan.state.options.budget;
  const spending = computeSpending(plan);
  const tokens = maxTokens === undefined ? 0 : spending.tokens / maxTokens;
  const usd = maxUsd === undefined ? 0 : spending.usd / maxUsd;
  return Math.max(tokens, usd);
}

/** Returns true if the budget is used up, or its rest is too small for a request: no new attempt starts. */
export function isOverBudget(plan: PlanSpending): boolean {
  return computeBudgetShare(plan) >= 1 || plan.state.isBudgetRestTooSmall === true;
}

/** Returns the highest total usage that the budget allows an attempt which has used `own` so far; undefined without a budget. */
export function computeAttemptBudget(plan: PlanSpending, own: Usage): AttemptBudget | undefined {
  if (!hasBudget(plan.state)) return undefined;
  const { maxTokens, maxUsd } = plan.state.options.budget;
  const spending = computeSpending(plan);
  const ownTokens = own.inputTokens + own.outputTokens;
  return {
    tokens:
      maxTokens === undefined
        ? null
        : Math.max(0, Math.floor(maxTokens - spending.tokens)) + ownTokens,
    usd: maxUsd === undefined ? null : Math.max(0, maxUsd - spending.usd) + (own.usd ?? 0),
  };
}

/** Event for a crossed limit of the budget; `share` is the used share of the budget. */
export type BudgetEvent = { readonly type: 'budget_low' | 'budget_used'; readonly share: number };

/** Returns the event for a crossed budget limit, or undefined if the state of the plan already records the limit. */
export function findBudgetEvent(plan: PlanSpending): BudgetEvent | undefined {
  const { status, budgetLevel } = plan.state;
  const share = computeBudgetShare(plan);
  if (status !== 'active' || share < BUDGET_WARNING_SHARE || budgetLevel === 'used')
    return undefined;
  if (share >= 1) return { type: 'budget_used', share };
  return budgetLevel === undefined ? { type: 'budget_low', share } : undefined;
}

// Preconditions of commands. A guard returns the checked value or throws an AppError with the next step.

/** Throws `plan_status` unless the plan waits for approval. `action` completes "can be ...". */
export function requirePendingApproval(
  plan: PlanState,
  action: 'edited' | 'approved' | 'rejected',
): PlanState {
  return requireStatus(
    plan,
    ['pending_approval'],
    `a plan can be ${action} only while it waits for approval`,
  );
}

/** Throws `plan_status` with `explanation` if the status of the plan is not in `statuses`. */
export function requireStatus(
  plan: PlanState,
  statuses: readonly PlanStatus[],
  explanation: string,
): PlanState {
  if (statuses.includes(plan.status)) return plan;
  throw new AppError(
    'conflict',
    'plan_status',
    `plan ${plan.id} is ${plan.status}: ${explanation}`,
    { details: { status: plan.status } },
  );
}

/** Throws `plan_status` unless tasks of the current run may continue. */
export function requireRunAcceptsWork(plan: PlanState): PlanState {
  if (runAcceptsWork(plan, plan.run)) return plan;
  const message = `plan ${plan.id} is ${plan.status}, so its tasks accept no commands; restart the plan first`;
  const details = { plan: plan.id, status: plan.status, action: 'restart' };
  throw new AppError('conflict', 'plan_status', message, { details });
}

/** Throws `plan_run` unless `run` is the current run. */
export function requireCurrentRun(plan: PlanState, run: number): PlanState {
  if (plan.run === run) return plan;
  const message = `plan ${plan.id} is in run ${plan.run}, not in run ${run}; read the plan again and restart run ${plan.run}`;
  throw new AppError('conflict', 'plan_run', message, { details: { run: plan.run } });
}

/**
 * Returns the repository with this name, else the first repository. Throws `plan_without_repository` for a plan without
 * repositories.
 */
export function requirePlanRepository(plan: PlanState, name: string): PlanRepository {
  const repository =
    plan.repositories.find((candidate) => candidate.name === name) ?? plan.repositories[0];
  if (repository === undefined)
    throw new AppError('bug', 'plan_without_repository', `plan ${plan.id} has no repository`);
  return repository;
}
