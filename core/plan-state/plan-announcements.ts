import type { QueueMessage } from '../contract/queue.ts';
import { wakeUpPlan, wakeUpPlanner, wakeUpScheduler } from '../contract/queue-message.ts';
import type { OutgoingMessage } from '../port/queue.ts';
import { MAX_MESSAGE_DELAY_MS } from '../port/queue.ts';
import type { PlanEvent, PlanEventType } from './plan-event.ts';
import type { PlanState } from './plan-state.ts';

/** The messages that follow from a transition of a plan. */
export type PlanAnnouncement = {
  readonly wakeUps: readonly OutgoingMessage[];
  /** Whether clients that watch the plan are told to read its changes. */
  readonly clientUpdate: boolean;
};

/** Progress that no client shows. Tasks announce themselves. */
const SILENT_EVENTS: readonly PlanEventType[] = [
  'activating',
  'released',
  'halt_suspected',
  'run_stopping',
  'branches_cleaned_up',
];

/** Returns every message that a written transition of a plan has to cause; `now` in epoch milliseconds. */
export function announcePlanTransition(
  after: PlanState,
  event: PlanEvent,
  now: number,
): PlanAnnouncement {
  const wakeUps = listWakeUps(after, event).map((message) => ({ message }));
  return {
    wakeUps: [...wakeUps, ...listDelayedWakeUps(after, event, now)],
    clientUpdate: !SILENT_EVENTS.includes(event.type),
  };
}

/** Returns the messages that follow from the creation of a plan. */
export function announceNewPlan(plan: PlanState): PlanAnnouncement {
  return { wakeUps: [{ message: wakeUpPlanner(plan.id) }], clientUpdate: false };
}

function listWakeUps({ id, run, status }: PlanState, event: PlanEvent): QueueMessage[] {
  switch (event.type) {
    case 'decomposed':
    case 'approved':
    case 'cancelled':
    case 'released':
    case 'completed':
    case 'pulls_changed':
    case 'delivered':
    case 'run_stopping':
      return [wakeUpPlan(id)];
    case 'planning_unparked':
      return [wakeUpPlanner(id)];
    case 'restarted':
      return [status === 'planning' ? wakeUpPlanner(id) : wakeUpPlan(id)];
    case 'sent_back':
      return [wakeUpPlan(id), wakeUpScheduler([{ plan: id, run, task: event.task }])];
    case 'budget_changed':
      return [wakeUpPlan(id), wakeUpScheduler()];
    default:
      return [];
  }
}

function listDelayedWakeUps({ id }: PlanState, event: PlanEvent, now: number): OutgoingMessage[] {
  if (event.type !== 'planning_parked' && event.type !== 'planning_retried') return [];
  const waitMs = event.until - now;
  if (waitMs > MAX_MESSAGE_DELAY_MS) return [];
  return [{ message: wakeUpPlanner(id), delaySeconds: Math.ceil(Math.max(0, waitMs) / 1_000) }];
}
