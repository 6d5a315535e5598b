import { formatAttemptId } from '../../contract/id.ts';
import type { Condition, PlanView } from '../../contract/plan.ts';
import type { TaskStatus, TaskView, Waiting } from '../../contract/task.ts';
import type { PlanState } from '../../plan-state/plan-state.ts';
import { formatForgeSystem, MODEL_SYSTEM } from '../../store/pause-store.ts';
import type { StoredPlan } from '../../store/plan-store.ts';
import type { StoredTask } from '../../store/task-store.ts';
import type { TaskState } from '../../task-state/task-state.ts';
import { addUsage } from '../../task-state/task-state.ts';
import { buildBudgetConditions, buildBudgetWaiting } from '../plan/plan-budget.ts';

// What clients see. Pure: made of what was read.

export function buildTaskView(
  task: StoredTask,
  more: { readonly dependsOn?: string[]; readonly waitsOn?: string[] } = {},
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
    dependsOn: more.dependsOn ?? [],
    waitsOn: more.waitsOn,
    wave: state.wave,
    attempt: state.attempt,
    attemptKind: state.current?.kind,
    attemptId:
      state.current === undefined ? undefined : formatAttemptId({ ...state, n: state.current.n }),
    startedAt: state.startedAt,
    finishedAt: state.finishedAt,
    pullRequest:
      state.pull === undefined ? undefined : { number: state.pull.number, url: state.pull.url },
    mergeSha: state.mergeSha,
    usage: state.usage,
    waiting: describeTaskWaiting(state),
    question: state.question,
    parkedUntil: state.parkedUntil,
  };
}

/** Whom it waits for, and the command that resolves it. */
export function describeTaskWaiting(state: TaskState): Waiting | undefined {
  const at = `${state.plan} ${state.task}`;
  switch (state.status) {
    case 'awaiting_input':
      return {
        for: `an answer to its agent: ${state.question?.text.slice(0, 200) ?? ''}`,
        command: `smol-gang task answer ${at} "..."`,
      };
    case 'pr_open':
      if (state.stuckChecks === undefined) return undefined;
      return {
        for: `${state.stuckChecks.join(', ')} to end, pending for long on ${state.pull?.url ?? 'its pull request'}`,
        command: `smol-gang task request-changes ${at} "..."`,
      };
    case 'in_review':
      // Its plan says who merges it.
      if (state.simple) return undefined;
      return { for: 'a review of its pull request', command: `smol-gang task approve ${at}` };
    case 'blocked':
      return {
        for: `a person: ${state.reason?.text.split('\n')[0]?.slice(0, 200) ?? 'it is blocked'}`,
        command: `smol-gang task retry ${at}`,
      };
    case 'failed':
      return {
        for: `a person: ${state.reason?.text.split('\n')[0]?.slice(0, 200) ?? 'it failed'}`,
        command: `smol-gang task retry ${at}`,
      };
    default:
      return undefined;
  }
}

export type PlanFacts = {
  readonly tasks?: readonly StoredTask[];
  readonly pauses?: readonly {
    readonly what: string;
    readonly until: number;
    readonly reason: string;
  }[];
  readonly now: number;
};

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
    repositories: state.repositories.map(({ name, base, baseSha }) => ({
      name,
      base,
      baseSha: baseSha || undefined,
    })),
    forecast: state.forecast,
    conditions: [
      ...state.conditions,
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
    waiting: listPlanWaiting(plan, tasks),
    setup: state.repositories.map(({ name, setup, verify, found }) => ({
      repo: name,
      setup,
      verify,
      found,
    })),
    createdBy: state.createdBy,
    createdAt: state.createdAt,
    changedAt: state.last.at,
    startedAt: state.startedAt,
    finishedAt: state.finishedAt,
  };
}

function findBaseBranch(plan: PlanState, repo: string): string {
  return plan.repositories.find((one) => one.name === repo)?.base ?? '';
}

/** Only where something waits for it, and where the plan does not say so in words of its own. */
function buildPauseConditions(plan: PlanState, facts: PlanFacts): Condition[] {
  const concerned = plan.status === 'active' || plan.status === 'activating';
  const isParked = plan.conditions.some((condition) => condition.code === 'planning_parked');
  if (!concerned && (plan.status !== 'planning' || isParked)) return [];
  const used = [
    MODEL_SYSTEM,
    ...plan.repositories.map((one) => formatForgeSystem(one.forge, one.name)),
  ];
  const pauses = (facts.pauses ?? []).filter(({ what }) => used.includes(what));
  return pauses.map((pause) => ({
    level: 'warning',
    code: pause.what === MODEL_SYSTEM ? 'paused_model' : 'paused_forge',
    message: `The ${pause.what} refuses until ${new Date(pause.until).toISOString()}: ${pause.reason}. Work waits and loses nothing; ask again now: smol-gang recover ${plan.id}`,
    at: facts.now,
  }));
}

function countStatuses(tasks: readonly StoredTask[]): Partial<Record<TaskStatus, number>> {
  const counts: Partial<Record<TaskStatus, number>> = {};
  for (const { state } of tasks)
    if (state.kind === 'work') counts[state.status] = (counts[state.status] ?? 0) + 1;
  return counts;
}

/** In a plan that goes on, whatever waits on it waits for ever. */
function describeCancelledWaiting(state: TaskState): Waiting | undefined {
  if (state.status !== 'cancelled') return undefined;
  return {
    for: 'a person: it was cancelled, and the plan cannot be complete without it',
    command: `smol-gang task retry ${state.plan} ${state.task}`,
  };
}

function listPlanWaiting(stored: StoredPlan, tasks: readonly StoredTask[]): Waiting[] {
  const plan = stored.state;
  const waiting: Waiting[] = [];
  if (plan.status === 'pending_approval')
    waiting.push({
      for: `approval of revision ${plan.revision}`,
      command: `smol-gang plan approve ${plan.id}`,
    });
  if (plan.status === 'failed')
    waiting.push({
      for: `a person: ${plan.reason ?? 'it failed'}`,
      command: `smol-gang plan restart ${plan.id}`,
    });
  if (plan.status === 'complete') {
    for (const pull of plan.pulls)
      if (pull.state === 'open') waiting.push(describeRootMerge(plan, pull));
    return waiting;
  }
  if (plan.status !== 'active') return waiting;
  waiting.push(...buildBudgetWaiting(stored));
  for (const task of tasks) {
    const one = describeTaskWaiting(task.state) ?? describeCancelledWaiting(task.state);
    if (one !== undefined) waiting.push({ ...one, for: `${task.state.task}: ${one.for}` });
  }
  return waiting;
}

/** The root pull request is a person's: on a laptop's own repository by git, on GitHub by its own means. */
function describeRootMerge(plan: PlanState, pull: PlanState['pulls'][number]): Waiting {
  const local = plan.repositories.some((one) => one.name === pull.repo && one.forge === 'local');
  const command = local ? `git merge ${pull.branch}` : `gh pr merge ${pull.url ?? ''}`;
  return { for: `a person to review and merge ${pull.url ?? 'the pull request'}`, command };
}
