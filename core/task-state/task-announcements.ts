import type { Notice, NoticeDraft } from '../contract/notice.ts';
import { createNotice } from '../contract/notice.ts';
import {
  buildPlanWakeUp,
  buildSchedulerWakeUp,
  buildTaskWakeUp,
} from '../contract/queue-message.ts';
import { hasTaskStopped } from '../contract/task-status.ts';
import type { OutgoingMessage } from '../port/queue.ts';
import { MAX_MESSAGE_DELAY_MS } from '../port/queue.ts';
import type { TaskState } from './task-state.ts';
import { hasPendingWork, isNoChangeTask, isSchedulable } from './task-state.ts';

/** Messages and notices after a transition of a task. */
export type TaskAnnouncement = {
  /** Wake-ups for the next step of the task. A caller omits them if it takes this step at once. */
  readonly nextStep: readonly OutgoingMessage[];
  /** Other wake-ups: of the plan, and of the task at the end of its pause. */
  readonly wakeUps: readonly OutgoingMessage[];
  /** True if clients with a watch on the plan should read its changes. */
  readonly clientUpdate: boolean;
  /** Notices for people, which are stored together with the transition. */
  readonly notices: readonly Notice[];
};

/** Version of the plan or task after the transition, and the time of the transition in epoch milliseconds. */
export type AnnouncementContext = { readonly version: number; readonly now: number };

const MAX_REASON_CHARS = 1_000;
const MAX_QUESTION_CHARS = 2_000;
/** Maximum number of files and of tasks in a notice. */
const MAX_LISTED_ITEMS = 20;

export function announceTaskTransition(
  before: TaskState,
  after: TaskState,
  context: AnnouncementContext,
): TaskAnnouncement {
  const { plan, run, task, title } = after;
  const { version, now: at } = context;
  const subject = { plan, run, task, version, at, title };
  return {
    nextStep: listNextSteps(after),
    wakeUps: listWakeUps(before, after, at),
    clientUpdate: true,
    notices: listNotices(before, after).map((draft) => createNotice(subject, draft)),
  };
}

function listNextSteps(after: TaskState): OutgoingMessage[] {
  const messages: OutgoingMessage[] = [];
  if (hasPendingWork(after)) messages.push({ message: buildTaskWakeUp(after) });
  if (isSchedulable(after)) messages.push({ message: buildSchedulerWakeUp([after]) });
  return messages;
}

function listWakeUps(before: TaskState, after: TaskState, now: number): OutgoingMessage[] {
  const messages: OutgoingMessage[] = [];
  // A restarted task ends the halt of its plan.
  const hasRestarted = hasTaskStopped(before.status) && !hasTaskStopped(after.status);
  // A base check waits for nothing but this task. The reconcile of a merged task wakes the plan.
  const hasStoppedCheck = after.kind === 'base' && hasTaskStopped(after.status);
  if (hasRestarted || (hasStoppedCheck && after.status !== before.status))
    messages.push({ message: buildPlanWakeUp(after.plan) });
  // Without a message, a short pause would last until the next resync.
  const waitMs = (after.parkedUntil ?? 0) - now;
  if (waitMs > 0 && waitMs <= MAX_MESSAGE_DELAY_MS)
    messages.push({ message: buildTaskWakeUp(after), delaySeconds: Math.ceil(waitMs / 1_000) });
  return messages;
}

function listNotices(before: TaskState, after: TaskState): NoticeDraft[] {
  if (after.kind === 'base') return [];
  const drafts: NoticeDraft[] = [];
  if (after.status !== before.status) drafts.push(...describeStatus(after));
  const { question, repair } = after;
  if (question !== undefined && question.id !== before.question?.id) {
    const text = question.text.slice(0, MAX_QUESTION_CHARS);
    const answer = question.default.slice(0, MAX_QUESTION_CHARS);
    const details = { question: { ...question, text, default: answer } };
    drafts.push({ kind: 'question', text: `The agent asks: ${text}`, details });
  }
  if (repair?.reason === 'conflict' && repair !== before.repair && after.status !== 'blocked')
    drafts.push(describeConflict(repair));
  return drafts;
}

function describeStatus(state: TaskState): NoticeDraft[] {
  const { status, simple, pull, repo, reason } = state;
  const details = reason && {
    reason: { code: reason.code, text: reason.text.slice(0, MAX_REASON_CHARS) },
  };
  if (status === 'blocked')
    return [
      {
        kind: 'blocked',
        text: `The task is blocked: ${reason?.text ?? 'no reason is known'}`,
        details,
      },
    ];
  if (status === 'failed')
    return [
      { kind: 'failed', text: `The task failed: ${reason?.text ?? 'no reason is known'}`, details },
    ];
  if (status === 'in_review' && isNoChangeTask(state))
    return [
      {
        kind: 'no_change',
        text: 'The attempt changed no file that git commits. Accept the task without changes, or request changes.',
      },
    ];
  // The pull request of a simple plan is announced with the completion of the plan.
  if (status !== 'in_review' || simple) return [];
  return [
    {
      kind: 'approval_requested',
      text: `The pull request of the task waits for a review: ${pull?.url ?? 'its address is not known yet'}`,
      details: pull === undefined ? {} : { pulls: [{ repo, number: pull.number, url: pull.url }] },
    },
  ];
}

function describeConflict({ files, tasks }: NonNullable<TaskState['repair']>): NoticeDraft {
  const where = files.length === 0 ? '' : ` in ${files.slice(0, 3).join(', ')}`;
  const causes = tasks.length === 0 ? '' : ` with the changes of ${tasks.slice(0, 3).join(', ')}`;
  return {
    kind: 'conflict',
    text: `The task conflicts${causes}${where}. The next attempt resolves the conflict.`,
    details: { files: files.slice(0, MAX_LISTED_ITEMS), tasks: tasks.slice(0, MAX_LISTED_ITEMS) },
  };
}
