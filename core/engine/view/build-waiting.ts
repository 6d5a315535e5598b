import { toOneLine } from '../../base/safe-text.ts';
import { isPlanRunning } from '../../contract/plan-status.ts';
import type { Waiting } from '../../contract/waiting.ts';
import type { PlanState, RootPull } from '../../plan-state/plan-state.ts';
import type { StoredPlan } from '../../store/plan-store.ts';
import type { Pause } from '../../store/system-store.ts';
import { MODEL_SYSTEM } from '../../store/system-store.ts';
import type { StoredTask } from '../../store/task-store.ts';
import type { TaskState } from '../../task-state/task-state.ts';
import { isNoChangeTask } from '../../task-state/task-state.ts';
import { buildBudgetWaiting } from '../plan/plan-budget.ts';
import { buildBaseWaiting } from './build-base.ts';

// Builds waiting items as data. Clients turn the items into sentences and commands.

const MAX_REASON_CHARS = 200;
/** Limit of `uncommitted` in the contract of the waiting item. */
const MAX_WAITING_GROUPS = 5;

/** Returns the item for which a person has to act on the task; undefined if the task continues by itself or has ended. */
export function buildTaskWaiting(state: TaskState): Waiting | undefined {
  const ids = { plan: state.plan, task: state.task };
  const pull =
    state.pull === undefined
      ? undefined
      : { repo: state.repo, number: state.pull.number, url: state.pull.url };
  const reason = toReasonLine(state.reason?.text);
  switch (state.status) {
    case 'awaiting_input':
      if (state.question === undefined) return undefined;
      return {
        kind: 'answer',
        ...ids,
        question: state.question.id,
        until: state.question.timeoutAt,
        reason: toReasonLine(state.question.text),
        actions: ['answer'],
      };
    case 'pr_open':
      if (state.stuckChecks === undefined) return undefined;
      return {
        kind: 'checks',
        ...ids,
        checks: state.stuckChecks,
        pull,
        actions: ['request_changes'],
      };
    case 'in_review':
      if (isNoChangeTask(state))
        return {
          kind: 'no_change',
          ...ids,
          uncommitted: (state.uncommitted ?? []).slice(0, MAX_WAITING_GROUPS),
          actions: ['approve', 'request_changes', 'cancel'],
        };
      // In a simple plan, the plan itself waits for the merge of this pull request.
      if (state.simple) return undefined;
      return { kind: 'review', ...ids, pull, actions: ['approve', 'request_changes'] };
    case 'blocked':
      return {
        kind: 'unblock',
        ...ids,
        code: state.reason?.code,
        reason,
        actions: ['retry', 'cancel'],
      };
    case 'failed':
      return { kind: 'retry', ...ids, outcome: 'failed', reason, actions: ['retry'] };
    default:
      return undefined;
  }
}

/** Returns the items for which the plan and its tasks wait. Without `facts.tasks`, returns only the items of the plan itself. */
export function listPlanWaiting(
  stored: StoredPlan,
  facts: {
    readonly tasks?: readonly StoredTask[];
    readonly pauses?: readonly Pause[];
    /** Task whose agent waits for a message. */
    readonly conversation?: string | undefined;
  },
): Waiting[] {
  const plan = stored.state;
  // Other plans wait for a base check; a person acts on these plans.
  if (plan.purpose === 'base') return [];
  switch (plan.status) {
    case 'pending_approval':
      return [
        {
          kind: 'approval',
          plan: plan.id,
          revision: plan.revision,
          actions: ['approve', 'reject'],
        },
        ...buildBaseWaiting(plan, toReasonLine),
      ];
    case 'failed':
      return [
        {
          kind: 'retry',
          plan: plan.id,
          outcome: 'failed',
          reason: toReasonLine(plan.reason),
          actions: ['restart'],
        },
      ];
    case 'complete':
      return plan.pulls
        .filter((pull) => pull.state === 'open' || pull.problem !== undefined)
        .map((pull) => buildMergeWaiting(plan, pull));
    case 'active':
      return [
        ...buildBaseWaiting(plan, toReasonLine),
        ...buildModelWaiting(plan, facts.pauses),
        ...buildBudgetWaiting(stored),
        ...buildConversationWaiting(plan, facts.conversation),
        ...(facts.tasks ?? []).flatMap(
          ({ state }) => buildTaskWaiting(state) ?? buildCancelledWaiting(state) ?? [],
        ),
      ];
    case 'planning':
      return [...buildModelWaiting(plan, facts.pauses), ...buildBudgetWaiting(stored)];
    default:
      return buildModelWaiting(plan, facts.pauses);
  }
}

function buildConversationWaiting(plan: PlanState, task: string | undefined): Waiting[] {
  if (task === undefined) return [];
  return [{ kind: 'conversation', plan: plan.id, task, actions: ['message', 'finish'] }];
}

/** Returns the item that offers a retry of a cancelled task: an active plan cannot complete without this task. */
function buildCancelledWaiting(state: TaskState): Waiting | undefined {
  if (state.status !== 'cancelled') return undefined;
  return {
    kind: 'retry',
    plan: state.plan,
    task: state.task,
    outcome: 'cancelled',
    reason: toReasonLine(state.reason?.text),
    actions: ['retry'],
  };
}

/** Returns the item for a paused model if the plan needs the model: during a run, and during planning once a step is parked. */
function buildModelWaiting(plan: PlanState, pauses: readonly Pause[] = []): Waiting[] {
  const isParked = plan.status === 'planning' && plan.planning.parkedUntil !== undefined;
  const pause = pauses.find(({ system }) => system === MODEL_SYSTEM);
  if (pause === undefined || (!isParked && !isPlanRunning(plan.status))) return [];
  return [
    {
      kind: 'model',
      plan: plan.id,
      until: pause.until,
      reason: toReasonLine(pause.reason),
      actions: ['recover'],
    },
  ];
}

function buildMergeWaiting(plan: PlanState, pull: RootPull): Waiting {
  const repository = plan.repositories.find(({ name }) => name === pull.repo);
  return {
    kind: 'merge',
    plan: plan.id,
    repo: pull.repo,
    forge: repository?.forge ?? 'github',
    path: repository?.path,
    branch: pull.branch,
    base: repository?.base ?? '',
    number: pull.number,
    url: pull.url,
    problem: pull.problem,
    actions: pull.problem?.kind === 'base_missing' ? ['retarget'] : ['merge'],
  };
}

function toReasonLine(text: string | undefined): string | undefined {
  const firstLine = text?.trim().split('\n')[0] ?? '';
  return firstLine === '' ? undefined : toOneLine(firstLine, MAX_REASON_CHARS);
}
