import type { Notice } from '../../contract/notice.ts';
import { deliverNotice, pushPlanChange } from '../../contract/queue-message.ts';
import type { OutgoingMessage } from '../../port/queue.ts';
import type { WakeUpDeps } from '../engine-deps.ts';
import { sendWakeUps } from './enqueue-wake-ups.ts';

/** What a written transition causes. `notices` includes those that earlier transitions left behind. */
export type Announcement = {
  readonly plan: string;
  readonly wakeUps: readonly OutgoingMessage[];
  readonly clientUpdate: boolean;
  readonly notices: readonly Notice[];
};

/** Sends wake-ups, the client update and the notices at once. Returns false when the queue did not take them. */
export async function sendAnnouncement(
  deps: WakeUpDeps,
  { plan, wakeUps, clientUpdate, notices }: Announcement,
): Promise<boolean> {
  return sendWakeUps(deps, [
    ...wakeUps,
    ...(clientUpdate ? [{ message: pushPlanChange(plan) }] : []),
    ...notices.map((notice) => ({ message: deliverNotice(notice) })),
  ]);
}
