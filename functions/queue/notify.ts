import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { putNotice } from '../../core/store/notice-store.ts';
import { getTable } from '../deps/get-table.ts';
import { getLog } from '../deps/runtime.ts';
import { runBatch } from '../edge.ts';

/** Stores notices, which clients read through the API. */
export async function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  return runBatch(
    event,
    async (message) => {
      if (message.type === 'notify') await putNotice(getTable(), message.notice);
    },
    getLog(),
  );
}
