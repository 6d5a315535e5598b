import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { planStep } from '../../core/engine/plan/planning.ts';
import { forgeEngine } from '../deps/forge-engine.ts';
import { llm } from '../deps/llm.ts';
import { log } from '../deps/runtime.ts';
import { runBatch } from '../edge.ts';

const BEAT_MS = 10_000;

/** Explores, assesses and decomposes: long, and asks a model. */
export async function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  return runBatch(
    event,
    async (message) => {
      if (message.type === 'plan')
        await planStep({ ...forgeEngine(), llm: llm(), keepAlive }, message.plan);
    },
    log(),
  );
}

function keepAlive(beat: () => void): () => void {
  const timer = setInterval(beat, BEAT_MS);
  return () => clearInterval(timer);
}
