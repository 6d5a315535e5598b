import type { QueueMessage } from '../contract/queue.ts';
import { laneKeyOf } from '../store/lane-store.ts';
import { podEnded } from './attempt/pod-ended.ts';
import type { EngineDeps } from './deps.ts';
import { workLane } from './lane/work-lane.ts';
import { drivePlan } from './plan/drive-plan.ts';
import { afterMerge, driveTask } from './task/drive-task.ts';
import { forgeChanged } from './task/forge-changed.ts';

/** What a message of the queue `drive` points at is read from the store, and done. */
export async function drive(deps: EngineDeps, message: QueueMessage): Promise<void> {
  switch (message.type) {
    case 'drive_task':
      return driveTask(deps, message, message.dueAt);
    case 'drive_plan':
      return drivePlan(deps, message.plan);
    case 'lane':
      await workLane(
        deps,
        laneKeyOf(message),
        (...merged) => afterMerge(deps, ...merged),
        message.dueAt,
      );
      return;
    case 'forge_changed':
      return forgeChanged(deps, message);
    case 'pod_ended':
      return podEnded(deps, message.attempt);
    default:
      return;
  }
}
