import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { handleReconcileMessage } from '../../core/engine/handle-reconcile-message.ts';
import { getFullEngine } from '../deps/get-full-engine.ts';
import { getLog } from '../deps/runtime.ts';
import { runBatch } from '../edge.ts';

/** Reconciles plans, tasks and merge queues. */
export async function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  return runBatch(event, (message) => handleReconcileMessage(getFullEngine(), message), getLog());
}
