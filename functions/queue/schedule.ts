import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { schedule } from '../../core/engine/schedule.ts';
import { engine, log } from '../deps.ts';
import { runBatch } from '../edge.ts';

/** Hands free slots to ready tasks and requests their pods. */
export async function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  return runBatch(
    event,
    async (message) => {
      if (message.type === 'schedule') await schedule(engine(), message.tasks);
    },
    log(),
  );
}
