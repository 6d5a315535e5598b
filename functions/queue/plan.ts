import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { probeModel } from '../../core/engine/planning/probe-model.ts';
import { runPlanning } from '../../core/engine/planning/run-planning.ts';
import { getForges } from '../deps/get-forges.ts';
import { getLlm } from '../deps/get-llm.ts';
import { getTaskWriteDeps } from '../deps/get-task-write-deps.ts';
import { getLog } from '../deps/runtime.ts';
import { runBatch } from '../edge.ts';
import { once } from '../once.ts';

const KEEP_ALIVE_INTERVAL_MS = 10_000;

const getDeps = once(() => ({
  ...getTaskWriteDeps(),
  forges: getForges(),
  llm: getLlm(),
  keepAlive,
}));

/**
 * Runs the planner, which explores the repository, assesses the request and decomposes it with a model; takes minutes. Also probes the
 * model after a refusal.
 */
export async function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  return runBatch(
    event,
    async (message) => {
      if (message.type === 'plan') await runPlanning(getDeps(), message.plan);
      else if (message.type === 'model_probe') await probeModel(getDeps());
    },
    getLog(),
  );
}

/** Calls `renewLease`, which extends the planner's lease on the plan, at intervals until the returned function is called. */
function keepAlive(renewLease: () => void): () => void {
  const timer = setInterval(renewLease, KEEP_ALIVE_INTERVAL_MS);
  return () => clearInterval(timer);
}
