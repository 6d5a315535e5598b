import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { pushChangeToWatchers } from '../../core/engine/announce-changes.ts';
import { getPush } from '../deps/get-push.ts';
import { getTable } from '../deps/get-table.ts';
import { clock, getLog } from '../deps/runtime.ts';
import { runBatch } from '../edge.ts';

/** Tells the connected clients of a plan that the plan changed. */
export async function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  return runBatch(
    event,
    async (message) => {
      if (message.type === 'push')
        await pushChangeToWatchers({ table: getTable(), push: getPush(), clock }, message.plan);
    },
    getLog(),
  );
}
