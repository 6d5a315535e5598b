import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { runPlanning } from '../../core/engine/planning/run-planning.ts';
import { getForgeEngine } from '../deps/get-forge-engine.ts';
import { getLlm } from '../deps/get-llm.ts';
import { getLog } from '../deps/runtime.ts';
import { runBatch } from '../edge.ts';

const KEEP_ALIVE_INTERVAL_MS = 10_000;

/** Explores, assesses and decomposes: long, and asks a model. */
export async function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  return runBatch(
    event,
    async (message) => {
      if (message.type === 'plan')
        await runPlanning({ ...getForgeEngine(), llm: getLlm(), keepAlive }, message.plan);
    },
    getLog(),
  );
}

function keepAlive(beat: () => void): () => void {
  const timer = setInterval(beat, KEEP_ALIVE_INTERVAL_MS);
  return () => clearInterval(timer);
}
