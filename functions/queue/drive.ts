import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { drive } from '../../core/engine/drive.ts';
import { fullEngine } from '../deps/full-engine.ts';
import { log } from '../deps/runtime.ts';
import { runBatch } from '../edge.ts';

/** Does what plans, tasks and merge lanes owe. */
export async function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  return runBatch(event, (message) => drive(fullEngine(), message), log());
}
