import type { Notice, NoticeDraft } from '../contract/notice.ts';
import { createNotice } from '../contract/notice.ts';
import type { QueueMessage } from '../contract/queue-message.ts';
import {
  buildPlannerWakeUp,
  buildPlanWakeUp,
  buildSchedulerWakeUp,
} from '../contract/queue-message.ts';
import type { OutgoingMessage } from '../port/queue.ts';
import { MAX_MESSAGE_DELAY_MS } from '../port/queue.ts';
import type { AnnouncementContext } from '../task-state/task-announcements.ts';
import type { PlanEvent, PlanEventOf, PlanEventType } from './plan-event.ts';
import type { BaseState, PlanState, RootPull } from './plan-state.ts';
import { isReleasable, listBlockingBases } from './plan-state.ts';

/** Messages and notices after a transition of a plan. */
export type PlanAnnouncement = {
  /** Queue messages with the next work for the plan, the planner or the scheduler. */
  readonly wakeUps: readonly OutgoingMessage[];
  /** True if clients with a watch on the plan should read its changes. */
  readonly clientUpdate: boolean;
  /** Notices for people, which are stored together with the transition. */
  readonly notices: readonly Notice[];
};

const MAX_REASON_CHARS = 1_000;

/** Events without a visible change of the plan. Released tasks announce their own changes. */
const SILENT_EVENTS: readonly PlanEventType[] = [
  'activating',
  'released',
  'halt_suspected',
  'run_stopping',
  'branches_cleaned_up',
];

export function announcePlanTransition(
  before: PlanState,
  after: PlanState,
  event: PlanEvent,
  context: AnnouncementContext,
): PlanAnnouncement {
  const { id: plan, run, title } = after;
  const { version, now: at } = context;
  const subject = { plan, run, version, at, title };
  const wakeUps = listWakeUps(after, event).map((message) => ({ message }));
  return {
    wakeUps: [...wakeUps, ...listDelayedWakeUps(after, event, at)],
    clientUpdate: !SILENT_EVENTS.includes(event.type),
    notices: listNotices(before, after, event).map((draft) => createNotice(subject, draft)),
  };
}

/** Returns the announcement of a new plan. */
export function announceNewPlan(plan: PlanState): PlanAnnouncement {
  return { wakeUps: [{ message: buildPlannerWakeUp(plan.id) }], clientUpdate: false, notices: [] };
}

function listWakeUps(after: PlanState, event: PlanEvent): QueueMessage[] {
  const { id, run, status } = after;
  switch (event.type) {
    case 'base_checked':
    case 'base_accepted':
      if (after.purpose === 'base') return [buildPlanWakeUp(id)];
      return status === 'active' && isReleasable(after)
        ? [buildPlanWakeUp(id), buildSchedulerWakeUp()]
        : [];
    case 'decomposed':
    case 'approved':
    case 'cancelled':
    case 'closed':
    case 'released':
    case 'completed':
    case 'pulls_changed':
    case 'retargeted':
    case 'delivered':
    case 'run_stopping':
      return [buildPlanWakeUp(id)];
    case 'planning_unparked':
      return [buildPlannerWakeUp(id)];
    case 'restarted':
      return [status === 'planning' ? buildPlannerWakeUp(id) : buildPlanWakeUp(id)];
    case 'sent_back':
      return [buildPlanWakeUp(id), buildSchedulerWakeUp([{ plan: id, run, task: event.task }])];
    case 'budget_changed':
      if (status === 'planning') return [buildPlannerWakeUp(id)];
      return [buildPlanWakeUp(id), buildSchedulerWakeUp()];
    default:
      return [];
  }
}

function listDelayedWakeUps({ id }: PlanState, event: PlanEvent, now: number): OutgoingMessage[] {
  if (event.type !== 'planning_parked' && event.type !== 'planning_retried') return [];
  const waitMs = event.until - now;
  if (waitMs > MAX_MESSAGE_DELAY_MS) return [];
  return [
    { message: buildPlannerWakeUp(id), delaySeconds: Math.ceil(Math.max(0, waitMs) / 1_000) },
  ];
}

function listNotices(before: PlanState, after: PlanState, event: PlanEvent): NoticeDraft[] {
  if (after.purpose === 'base') return [];
  if (event.type === 'budget_low' || event.type === 'budget_used') return [describeBudget(event)];
  if (event.type === 'halted')
    return [{ kind: 'halted', text: 'No task of the plan can continue without a person.' }];
  const notices =
    after.status === before.status
      ? listDeliveryNotices(before, after, event)
      : describeStatus(after);
  return [...notices, ...describeNewRedBases(before, after)];
}

/** Describes the first pull request of a complete plan that can no longer be merged: a transition has at most one notice of a kind. */
function listDeliveryNotices(
  before: PlanState,
  { pulls }: PlanState,
  event: PlanEvent,
): NoticeDraft[] {
  if (event.type !== 'pulls_changed' && event.type !== 'delivered') return [];
  for (const pull of pulls) {
    const known = before.pulls.find(({ repo }) => repo === pull.repo);
    const text = describeDelivery(known, pull);
    if (text !== undefined) return [{ kind: 'delivery', text, details: listLinks([pull]) }];
  }
  return [];
}

function describeDelivery(
  known: RootPull | undefined,
  { number, state, problem }: RootPull,
): string | undefined {
  const name = `pull request #${number}`;
  if (problem?.kind === 'base_missing' && known?.problem?.kind !== 'base_missing')
    return `The base branch ${problem.base} of ${name} no longer exists. Restore the branch, or choose another base branch for the plan.`;
  if (problem?.kind === 'conflict' && known?.problem?.kind !== 'conflict') {
    const where = problem.files.length === 0 ? '' : ` in ${problem.files.slice(0, 3).join(', ')}`;
    return `The ${name} now conflicts with its base branch${where}. Merge the branch by hand and resolve the conflict.`;
  }
  if (state === 'closed' && known?.state === 'open')
    return `The ${name} was closed without a merge. Reopen the pull request to deliver its work, or close the plan to dismiss its work.`;
  return undefined;
}

function describeStatus({ status, revision, forecast, reason, pulls }: PlanState): NoticeDraft[] {
  switch (status) {
    case 'pending_approval': {
      const size = forecast === undefined ? '' : ` (${formatTaskCount(forecast.tasks)})`;
      const text = `Revision ${revision} of the plan${size} waits for approval.`;
      return [{ kind: 'approval_requested', text, details: { revision } }];
    }
    case 'failed': {
      const text = (reason ?? 'no reason is known').slice(0, MAX_REASON_CHARS);
      const details = { reason: { code: 'plan_failed', text } };
      return [{ kind: 'failed', text: `The plan failed: ${text}`, details }];
    }
    case 'complete':
      return [describeCompletion(pulls)];
    default:
      return [];
  }
}

/** Announces red base commits that hold tasks back, unless the plan knew these results already. */
function describeNewRedBases(before: PlanState, after: PlanState): NoticeDraft[] {
  const known = listRedBases(before);
  const added = listRedBases(after).filter(
    ({ commit, run, repo }) =>
      !known.some((entry) => entry.repo === repo && entry.commit === commit && entry.run === run),
  );
  if (added.length === 0) return [];
  const text = added
    .map(({ repo, commit, reason = '' }) => `${repo} at ${commit.slice(0, 12)}: ${reason}`)
    .join('\n');
  return [
    {
      kind: 'base_red',
      text: `Verification fails before any change, so no task starts. ${text}`,
      details: { reason: { code: 'base_red', text: text.slice(0, MAX_REASON_CHARS) } },
    },
  ];
}

function listRedBases(plan: PlanState): BaseState[] {
  return listBlockingBases(plan).filter(({ status }) => status === 'red');
}

function formatTaskCount(count: number): string {
  return count === 1 ? '1 task' : `${count} tasks`;
}

function describeCompletion(pulls: readonly RootPull[]): NoticeDraft {
  const details = listLinks(pulls.filter(({ state }) => state === 'open'));
  const open = details.pulls;
  const links = open.map(({ url }) => url).join(', ');
  const nextStep = open.length === 0 ? '' : ` Review and merge ${links}`;
  return { kind: 'complete', text: `The plan is complete.${nextStep}`, details };
}

function listLinks(pulls: readonly RootPull[]): {
  readonly pulls: NonNullable<NoticeDraft['details']>['pulls'] & object;
} {
  const links = pulls.flatMap(({ repo, number, url }) =>
    number !== undefined && url !== undefined ? [{ repo, number, url }] : [],
  );
  return { pulls: links };
}

function describeBudget({ type, share }: PlanEventOf<'budget_low' | 'budget_used'>): NoticeDraft {
  const percent = `${Math.floor(share * 100)} % of the plan's budget is used.`;
  const rest = share < 1 ? ' The rest is too small for the next request to the model.' : '';
  const effect = type === 'budget_low' ? '' : `${rest} Therefore, no new attempt starts.`;
  return { kind: 'budget', text: `${percent}${effect}`, details: { budgetShare: share } };
}
