import type { FlagSummary } from '../../contract/flag.ts';
import { addFlagCounts, summariseFlags } from '../../contract/flag.ts';
import { formatAttemptId } from '../../contract/id.ts';
import type { Condition, PlanView } from '../../contract/plan.ts';
import { isPlanRunning } from '../../contract/plan-status.ts';
import type { TaskView } from '../../contract/task.ts';
import type { TaskStatus } from '../../contract/task-status.ts';
import type { PlanState } from '../../plan-state/plan-state.ts';
import type { StoredPlan } from '../../store/plan-store.ts';
import type { Pause } from '../../store/system-store.ts';
import { formatForgeSystem, MODEL_SYSTEM } from '../../store/system-store.ts';
import type { StoredTask } from '../../store/task-store.ts';
import type { TaskState } from '../../task-state/task-state.ts';
import { addUsage } from '../../task-state/task-state.ts';
import { buildBudgetConditions } from '../plan/plan-budget.ts';
import { buildBaseConditions, buildBaseViews } from './build-base.ts';
import { buildTaskWaiting, listPlanWaiting } from './build-waiting.ts';

// Builds the views that clients read from stored items. The functions are pure.

/** Builds the view of a task. Views in a list of changes have no dependencies; clients keep the dependencies of an earlier read. */
export function buildTaskView(
  task: StoredTask,
  dependencies: { readonly dependsOn?: string[]; readonly waitsOn?: string[] } = {},
): TaskView {
  const { state } = task;
  return {
    plan: state.plan,
    run: state.run,
    id: state.task,
    ordinal: state.ordinal,
    kind: state.kind,
    title: state.title,
    repo: state.repo,
    status: state.status,
    version: task.version,
    changedAt: state.last.at,
    reason: state.reason?.text,
    dependsOn: dependencies.dependsOn ?? [],
    waitsOn: dependencies.waitsOn,
    wave: state.wave,
    attempt: state.attempt,
    attemptKind: state.liveAttempt?.kind,
    attemptId:
      state.liveAttempt === undefined
        ? undefined
        : formatAttemptId({ ...state, attemptNumber: state.liveAttempt.attemptNumber }),
    startedAt: state.startedAt,
    finishedAt: state.finishedAt,
    pullRequest:
      state.pull === undefined ? undefined : { number: state.pull.number, url: state.pull.url },
    mergeSha: state.mergeSha,
    verified: isVerified(state),
    flags: state.flags,
    noChange: state.noChange,
    uncommitted: state.uncommitted === undefined ? undefined : [...state.uncommitted],
    usage: state.usage,
    waiting: buildTaskWaiting(state),
    question: state.question,
    parkedUntil: state.parkedUntil,
  };
}

/** Facts that are not stored with a plan but belong to its view. Views in a list of plans are built without tasks and pauses. */
export type PlanFacts = {
  readonly tasks?: readonly StoredTask[];
  readonly pauses?: readonly Pause[];
  /** Task whose agent waits for a message of a person. */
  readonly conversation?: string | undefined;
  /** Epoch milliseconds. */
  readonly now: number;
};

/** Builds the view of a plan. */
export function buildPlanView(plan: StoredPlan, facts: PlanFacts): PlanView {
  const { state } = plan;
  const tasks = facts.tasks ?? [];
  const halted = state.status === 'active' && state.haltNotified === true;
  return {
    id: state.id,
    title: state.title,
    prompt: state.prompt,
    status: state.status,
    halted,
    stage: state.status === 'planning' ? state.planning.stage : undefined,
    reason: state.reason,
    run: state.run,
    revision: state.revision,
    version: plan.version,
    complexity: state.verdict?.complexity,
    verdict: state.verdict,
    policy: state.policy,
    repositories: state.repositories.map(({ name, path, base, baseSha }) => ({
      name,
      path,
      base,
      baseSha: baseSha || undefined,
    })),
    base: buildBaseViews(state),
    forecast: state.forecast,
    conditions: [
      ...state.conditions,
      ...buildBaseConditions(state, facts.now),
      ...buildBudgetConditions(plan, facts.now),
      ...buildPauseConditions(state, facts),
    ],
    pulls: state.pulls.map((pull) => ({
      repo: pull.repo,
      branch: pull.branch,
      base: findBaseBranch(state, pull.repo),
      number: pull.number,
      url: pull.url,
      ready: pull.ready,
      state: pull.state,
    })),
    counts: countStatuses(tasks),
    usage: tasks.reduce((sum, task) => addUsage(sum, task.state.usage), state.usage),
    flags: summariseTaskFlags(tasks),
    verified: isPlanVerified(tasks),
    waiting: listPlanWaiting(plan, facts),
    setup: state.repositories.map(({ name, setup, verify, commandsDescription }) => ({
      repo: name,
      setup,
      verify,
      found: commandsDescription,
    })),
    createdBy: state.createdBy,
    createdAt: state.createdAt,
    changedAt: state.last.at,
    startedAt: state.startedAt,
    finishedAt: state.finishedAt,
  };
}

/** Returns true if verify commands passed on the commit of the task, false if no command ran, undefined before the verification. */
function isVerified({ evidence }: TaskState): boolean | undefined {
  return evidence?.green === true ? !evidence.empty : undefined;
}

/** Tells the same about the whole result of a plan: the end nodes, or the task of a simple plan. */
function isPlanVerified(tasks: readonly StoredTask[]): boolean | undefined {
  const finalTasks = tasks.filter(({ state }) => state.kind === 'end' || state.simple);
  const verdicts = finalTasks.map(({ state }) => isVerified(state));
  if (verdicts.length === 0 || verdicts.includes(undefined)) return undefined;
  return !verdicts.includes(false);
}

function summariseTaskFlags(tasks: readonly StoredTask[]): FlagSummary | undefined {
  const summaries = tasks.flatMap(({ state }) => state.flags ?? []);
  return summariseFlags(
    summaries.flatMap(({ first }) => first),
    addFlagCounts(summaries.map(({ byKind }) => byKind)),
  );
}

function findBaseBranch(plan: PlanState, repo: string): string {
  return plan.repositories.find((repository) => repository.name === repo)?.base ?? '';
}

/** Returns a condition for each pause that delays the plan. A plan with parked planning already has such a condition. */
function buildPauseConditions(plan: PlanState, facts: PlanFacts): Condition[] {
  const isParked = plan.conditions.some((condition) => condition.code === 'planning_parked');
  if (!isPlanRunning(plan.status) && (plan.status !== 'planning' || isParked)) return [];
  const usedSystems = [
    MODEL_SYSTEM,
    ...plan.repositories.map(({ forge, name }) => formatForgeSystem(forge, name)),
  ];
  const pauses = (facts.pauses ?? []).filter(({ system }) => usedSystems.includes(system));
  return pauses.map((pause) => ({
    level: 'warning',
    code: pause.system === MODEL_SYSTEM ? 'paused_model' : 'paused_forge',
    message: `The ${pause.system} accepts no requests until ${new Date(pause.until).toISOString()}: ${pause.reason}. Work waits until then and loses nothing.`,
    at: facts.now,
  }));
}

function countStatuses(tasks: readonly StoredTask[]): Partial<Record<TaskStatus, number>> {
  const counts: Partial<Record<TaskStatus, number>> = {};
  for (const { state } of tasks)
    if (state.kind === 'work') counts[state.status] = (counts[state.status] ?? 0) + 1;
  return counts;
}
