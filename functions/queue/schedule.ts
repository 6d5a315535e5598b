import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { scheduleTasks } from '../../core/engine/schedule/schedule-tasks.ts';
import { getLaunchDeps } from '../deps/get-launch-deps.ts';
import { getTaskWriteDeps } from '../deps/get-task-write-deps.ts';
import { getLog } from '../deps/runtime.ts';
import { runBatch } from '../edge.ts';
import { once } from '../once.ts';

const getDeps = once(() => ({ ...getTaskWriteDeps(), ...getLaunchDeps() }));

/** Gives free slots to ready tasks and launches their pods. */
export async function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  return runBatch(
    event,
    async (message) => {
      if (message.type === 'schedule') await scheduleTasks(getDeps(), message.tasks);
    },
    getLog(),
  );
}
