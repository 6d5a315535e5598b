import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { scheduleTasks } from '../../core/engine/schedule/schedule-tasks.ts';
import { getPodEngine } from '../deps/get-pod-engine.ts';
import { getLog } from '../deps/runtime.ts';
import { runBatch } from '../edge.ts';

/** Gives free slots to ready tasks and launches their pods. */
export async function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  return runBatch(
    event,
    async (message) => {
      if (message.type === 'schedule') await scheduleTasks(getPodEngine(), message.tasks);
    },
    getLog(),
  );
}
