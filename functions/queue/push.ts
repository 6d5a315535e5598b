import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { tellWatchers } from '../../core/live/watch.ts';
import { push } from '../deps/push.ts';
import { clock, log } from '../deps/runtime.ts';
import { table } from '../deps/table.ts';
import { runBatch } from '../edge.ts';

/** Tells connected clients that something of a plan changed. */
export async function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  return runBatch(
    event,
    async (message) => {
      if (message.type === 'push')
        await tellWatchers({ table: table(), push: push(), clock }, message.plan);
    },
    log(),
  );
}
