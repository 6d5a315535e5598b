import type {
  CreatePlan,
  Forecast,
  Notice,
  PlanStatus,
  Policy,
  Verdict,
} from '../contract/plan.ts';
import type { Repository } from '../contract/repository.ts';
import type { Limits, Usage } from '../contract/task.ts';

// A plan's head: what it is, where it stands and what it owes. Its graph lies in revisions, its tasks in items of their own.

export type PlanRepository = {
  name: string;
  forge: Repository['forge'];
  cloneUrl: string;
  base: string;
  /** Known once explored. */
  baseSha: string;
  setup: string[][];
  verify: string[][];
  shared: string[];
  env: Record<string, string>;
  strictMerge: boolean;
  /** It has CI: checks appear some time after a commit does. */
  expectsChecks?: boolean;
  notes: string;
  author?: { name: string; email: string };
  signOff: boolean;
  /** As the forge reported it when the plan was made. */
  sizeKb?: number;
  titlePattern?: string;
  pullTemplate?: string;
  /** How set-up and verify were found, for people to confirm. */
  found: string;
  resources?: { cpu?: string; memory?: string; disk?: string };
};

export type RootPull = {
  repo: string;
  branch: string;
  number?: number;
  nodeId?: string;
  url?: string;
  ready: boolean;
  state: 'none' | 'open' | 'merged' | 'closed';
  /** A person merged it before everything was in it. */
  partly?: boolean;
};

export type PlanTransition = {
  version: number;
  at: number;
  from: PlanStatus | 'none';
  to: PlanStatus;
  event: string;
  actor: string;
  reason?: string;
};

export type PlanState = {
  id: string;
  title: string;
  prompt: string;
  status: PlanStatus;
  options: Pick<CreatePlan, 'complexity' | 'autoApprove' | 'limits' | 'budget' | 'interactive'> & {
    maxParallel?: number;
    agent?: string;
  };
  policy: Policy;
  repositories: PlanRepository[];
  /** Present: the graph was handed in, no model is asked. */
  submitted: boolean;
  run: number;
  /** Newest revision of the graph; 0: none yet. */
  revision: number;
  /** Under which tag each revision lies, from the first. */
  tags: string[];
  /** The revision that the run executes. */
  approved?: number;
  verdict?: Verdict;
  summary?: string;
  forecast?: Forecast;
  notices: Notice[];
  /** The step that comes next, and its failures in a row. */
  planning: {
    stage: 'queued' | 'explore' | 'assess' | 'decompose' | 'done';
    faults: number;
    parkedUntil?: number;
  };
  /** How many nodes of the run are put; then how many of those that wait on nothing are ready. */
  activation: { put: number; released: number; total: number; roots: boolean };
  /** Nodes whose merge completes the plan: one `end` per repository, or the task of a simple plan. */
  ends: { task: string; repo: string }[];
  pulls: RootPull[];
  /** Runs whose work is to be stopped; their branches go after the keeping time. */
  ending: {
    run: number;
    revision: number;
    reason: string;
    cursor: number;
    /** When it is looked at next: at once, then again when every handler that had not heard of the stop is over. */
    dueAt: number;
    swept?: boolean;
  }[];
  /** Runs whose branches go, and when; `tries`: so often they could not be deleted; `swept`: they were, once. */
  cleanup: { run: number; at: number; tries?: number; swept?: boolean }[];
  /** When it was first seen that nothing can move without a person. */
  haltedSince?: number;
  haltedTold?: boolean;
  usage: Usage;
  reason?: string;
  faults: number;
  createdBy: string;
  /** Of the request that created it, for one that is repeated. */
  bodyHash?: string;
  createdAt: number;
  startedAt?: number;
  finishedAt?: number;
  last: PlanTransition;
};

export function isSimple(plan: PlanState): boolean {
  return plan.verdict?.complexity === 'simple';
}

/** Whether attempts of this run may go on. A simple plan is complete while its task is in review, and may be sent back. */
export function isRunning(plan: PlanState, run: number): boolean {
  if (plan.run !== run) return false;
  return plan.status === 'active' || (plan.status === 'complete' && isSimple(plan));
}

export function limitsOf(
  plan: PlanState,
  task: Limits,
  defaults: Required<Limits>,
): Required<Limits> {
  return { ...defaults, ...withoutUndefined(plan.options.limits), ...withoutUndefined(task) };
}

function withoutUndefined(limits: Limits): Limits {
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
}

/** One notice per code: a newer one takes its place. */
export function withNotice(plan: PlanState, notice: Notice): PlanState {
  return {
    ...plan,
    notices: [...plan.notices.filter((other) => other.code !== notice.code), notice].slice(-20),
  };
}

export function withoutNotice(plan: PlanState, code: string): PlanState {
  return { ...plan, notices: plan.notices.filter((notice) => notice.code !== code) };
}
