import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { drive } from '../../core/engine/drive.ts';
import { engine, log } from '../deps.ts';
import { runBatch } from '../edge.ts';

/** Does what plans, tasks and merge lanes owe. */
export async function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  return runBatch(event, (message) => drive(engine(), message), log());
}
