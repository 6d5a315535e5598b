import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { FaultSettings } from '../../local/forge/fault.ts';
import type { ModelRefusal } from '../support/model/scripted-task-model.ts';
import { submitGraph, useStage } from '../support/platform/e2e-stage.ts';
import { requireOnePullPerTask } from '../support/platform/forge-facts.ts';
import type { DraftTask } from '../support/platform/render-graph.ts';
import { listTaskEvents, waitForPlanStatus } from '../support/platform/wait-for-plan.ts';

// Fifty tasks run while the forge applies each of its rate limits and the model refuses calls in bursts: no task fails, no retry is
// consumed, and each task is merged once.

const stage = useStage('throttle', { SLOTS: '6' });

/** Number of chains of tasks; each task depends on the previous task of its chain. */
const CHAIN_COUNT = 8;
const GRAPH: DraftTask[] = Array.from({ length: 50 }, (_, n) => ({
  id: `t${n}`,
  dependsOn: n < CHAIN_COUNT ? [] : [`t${n - CHAIN_COUNT}`],
}));

const FORGE_RATE_LIMITS: readonly FaultSettings['rateLimit'][] = [
  { count: 2, status: 429, retryAfterSeconds: 2, primary: false },
  { count: 2, status: 403, retryAfterSeconds: 3, primary: true },
  { count: 2, status: 403, retryAfterSeconds: 2, primary: false },
];
/** Period in which the model refuses calls. */
type Burst = {
  readonly refusal: ModelRefusal;
  readonly minimumMs: number;
  readonly maximumMs: number;
};

function createBurstWithRetryAfter(status: number, retryAfterSeconds: number): Burst {
  const headers = { 'retry-after': String(retryAfterSeconds) };
  const body = { error: { message: 'later' } };
  return { refusal: { status, headers, body }, minimumMs: 500, maximumMs: 4_000 };
}

/** A bridge waits for a `retry-after` of one or two seconds itself; a longer `retry-after` parks the task. */
const BURSTS: readonly Burst[] = [
  createBurstWithRetryAfter(429, 1),
  {
    refusal: { status: 503, body: { error: { message: 'overloaded' } } },
    minimumMs: 500,
    maximumMs: 500,
  },
  createBurstWithRetryAfter(503, 4),
  createBurstWithRetryAfter(429, 5),
];
/** Pause between two bursts. */
const PAUSE_MS = 6_000;

/** Lets the model refuse calls for at least `minimumMs`, and longer until it has refused a call, but at most for `maximumMs`. */
async function refuseModelCalls({ refusal, minimumMs, maximumMs }: Burst): Promise<void> {
  const { model } = stage;
  const refusalsBefore = model.refusalCount;
  model.refuse(refusal);
  await delay(minimumMs);
  for (let ms = minimumMs; ms < maximumMs && model.refusalCount === refusalsBefore; ms += 50)
    await delay(50);
  model.refuse(undefined);
}

/** Throttles model and forge until `isOver` returns true; returns the number of bursts. */
async function throttleUntil(isOver: () => boolean): Promise<number> {
  for (let n = 0; ; n += 1) {
    // The forge refuses calls only in every second round, because the plan could not proceed under constant refusals.
    if (n % 2 === 0)
      await stage.platform.setFaults({
        rateLimit: FORGE_RATE_LIMITS[(n / 2) % FORGE_RATE_LIMITS.length],
      });
    const burst = BURSTS[n % BURSTS.length];
    if (burst !== undefined) await refuseModelCalls(burst);
    for (let waitedMs = 0; waitedMs < PAUSE_MS; waitedMs += 100) {
      if (isOver()) return n + 1;
      await delay(100);
    }
  }
}

const forgeFaultsSchema = z.object({ rateLimited: z.number() });

/** Returns how many calls the forge has refused because of a rate limit. */
async function countForgeRefusals(): Promise<number> {
  const { body } = await stage.platform.forge('GET', '/_forge/faults');
  return forgeFaultsSchema.parse(body).rateLimited;
}

const FAILURE_EVENTS = ['attempt_failed', 'attempt_lost', 'forge_refused', 'faulted'];

test('fifty tasks complete while forge and model refuse calls, without a failure or a consumed retry', async () => {
  const { platform, model } = stage;
  const { plan, repo } = await submitGraph(stage, GRAPH);
  await platform.cli(['plan', 'approve', plan], { expectedExit: 0 });

  let isOver = false;
  const throttling = throttleUntil(() => isOver);
  const snapshot = await waitForPlanStatus(platform, plan, 'complete', 600_000).finally(() => {
    isOver = true;
  });
  const burstCount = await throttling;
  await platform.setFaults({});

  const { root } = await requireOnePullPerTask(
    platform,
    repo,
    plan,
    GRAPH.map(({ id }) => id),
  );
  expect(root).toMatchObject({ draft: false, state: 'open' });
  expect(snapshot.plan.counts).toEqual({ merged: 50 });
  const events = await Promise.all(GRAPH.map(({ id }) => listTaskEvents(platform, plan, id)));
  for (const [n, taskEvents] of events.entries())
    expect(
      taskEvents.filter((event) => FAILURE_EVENTS.includes(event)),
      `t${n}`,
    ).toEqual([]);
  const parkedCount = events.flat().filter((event) => event === 'attempt_refused').length;
  const forgeRefusalCount = await countForgeRefusals();
  console.log(
    `throttled in ${burstCount} bursts: the forge refused ${forgeRefusalCount} calls, the model ${model.refusalCount}; attempts were parked ${parkedCount} times`,
  );
  expect(burstCount).toBeGreaterThan(4);
  expect(forgeRefusalCount).toBeGreaterThan(4);
  expect(model.refusalCount).toBeGreaterThan(4);
  expect(parkedCount).toBeGreaterThan(0);
});
