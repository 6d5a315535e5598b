import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { schedule } from '../../core/engine/schedule/schedule.ts';
import { podEngine } from '../deps/pod-engine.ts';
import { log } from '../deps/runtime.ts';
import { runBatch } from '../edge.ts';

/** Hands free slots to ready tasks and requests their pods. */
export async function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  return runBatch(
    event,
    async (message) => {
      if (message.type === 'schedule') await schedule(podEngine(), message.tasks);
    },
    log(),
  );
}
