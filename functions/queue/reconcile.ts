import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { handleReconcileMessage } from '../../core/engine/handle-reconcile-message.ts';
import { getForges } from '../deps/get-forges.ts';
import { getLaunchDeps } from '../deps/get-launch-deps.ts';
import { getTaskWriteDeps } from '../deps/get-task-write-deps.ts';
import { getLog } from '../deps/runtime.ts';
import { runBatch } from '../edge.ts';
import { once } from '../once.ts';

const getDeps = once(() => ({
  ...getTaskWriteDeps(),
  ...getLaunchDeps(),
  forges: getForges(),
}));

/** Reconciles plans, tasks and merge queues. */
export async function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  return runBatch(event, (message) => handleReconcileMessage(getDeps(), message), getLog());
}
