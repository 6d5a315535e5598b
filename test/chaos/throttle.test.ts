import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { FaultSettings } from '../../local/forge/fault.ts';
import type { ModelRefusal } from '../support/model/scripted-task-model.ts';
import { submitGraph, useStage } from '../support/platform/e2e-stage.ts';
import { requireOnePullPerTask } from '../support/platform/forge-facts.ts';
import type { DraftTask } from '../support/platform/render-graph.ts';
import { listTaskEvents, waitForPlanStatus } from '../support/platform/wait-for-plan.ts';

// Fifty tasks while the forge applies each of its rate limits and the model refuses calls in bursts: no task fails, no retry
// is consumed, and each task is merged once.

const stage = useStage('throttle', { SLOTS: '6' });

const WIDTH = 8;
const GRAPH: DraftTask[] = Array.from({ length: 50 }, (_, n) => ({
  id: `t${n}`,
  dependsOn: n < WIDTH ? [] : [`t${n - WIDTH}`],
}));

const LIMITS: readonly FaultSettings['rateLimit'][] = [
  { count: 2, status: 429, retryAfterSeconds: 2, primary: false },
  { count: 2, status: 403, retryAfterSeconds: 3, primary: true },
  { count: 2, status: 403, retryAfterSeconds: 2, primary: false },
];
type Burst = {
  readonly refusal: ModelRefusal;
  readonly atLeastMs: number;
  readonly atMostMs: number;
};

function createRetryLaterBurst(status: number, seconds: number): Burst {
  const headers = { 'retry-after': String(seconds) };
  const body = { error: { message: 'later' } };
  return { refusal: { status, headers, body }, atLeastMs: 500, atMostMs: 4_000 };
}

/** Bursts of refusals: a bridge waits for a second or two itself, and longer waits park the task. Overload is short. */
const BURSTS: readonly Burst[] = [
  createRetryLaterBurst(429, 1),
  {
    refusal: { status: 503, body: { error: { message: 'overloaded' } } },
    atLeastMs: 500,
    atMostMs: 500,
  },
  createRetryLaterBurst(503, 4),
  createRetryLaterBurst(429, 5),
];
const GAP_MS = 6_000;

/** Refuses calls until at least one was refused, between the bounds of the burst. */
async function refuseUntilNoticed({ refusal, atLeastMs, atMostMs }: Burst): Promise<void> {
  const { model } = stage;
  const refusalsBefore = model.refusalCount;
  model.refuse(refusal);
  await delay(atLeastMs);
  for (let ms = atLeastMs; ms < atMostMs && model.refusalCount === refusalsBefore; ms += 50)
    await delay(50);
  model.refuse(undefined);
}

/** Throttles until `isOver` holds, and returns the number of bursts. */
async function throttleUntil(isOver: () => boolean): Promise<number> {
  for (let n = 0; ; n += 1) {
    // Only every second burst limits the forge, because a permanent limit is an outage.
    if (n % 2 === 0) await stage.platform.setFaults({ rateLimit: LIMITS[(n / 2) % LIMITS.length] });
    const burst = BURSTS[n % BURSTS.length];
    if (burst !== undefined) await refuseUntilNoticed(burst);
    for (let waited = 0; waited < GAP_MS; waited += 100) {
      if (isOver()) return n + 1;
      await delay(100);
    }
  }
}

const forgeFaults = z.object({ rateLimited: z.number() });

/** Returns the forge's own count of refused calls. */
async function countForgeRefusals(): Promise<number> {
  const { body } = await stage.platform.forge('GET', '/_forge/faults');
  return forgeFaults.parse(body).rateLimited;
}

const FAILURE_EVENTS = ['attempt_failed', 'attempt_lost', 'forge_refused', 'faulted'];

test('fifty tasks complete under throttling by forge and model without a failure or a consumed retry', async () => {
  const { platform, model } = stage;
  const { plan, repo } = await submitGraph(stage, GRAPH);
  await platform.cli(['plan', 'approve', plan], { expectedExit: 0 });

  let isOver = false;
  const throttling = throttleUntil(() => isOver);
  const end = await waitForPlanStatus(platform, plan, 'complete', 600_000).finally(() => {
    isOver = true;
  });
  const bursts = await throttling;
  await platform.setFaults({});

  const { root } = await requireOnePullPerTask(
    platform,
    repo,
    plan,
    GRAPH.map(({ id }) => id),
  );
  expect(root).toMatchObject({ draft: false, state: 'open' });
  expect(end.plan.counts).toEqual({ merged: 50 });
  const events = await Promise.all(GRAPH.map(({ id }) => listTaskEvents(platform, plan, id)));
  for (const [n, taskEvents] of events.entries())
    expect(
      taskEvents.filter((event) => FAILURE_EVENTS.includes(event)),
      `t${n}`,
    ).toEqual([]);
  const parked = events.flat().filter((event) => event === 'attempt_refused').length;
  const forgeRefused = await countForgeRefusals();
  console.log(
    `throttled: ${bursts} bursts, the forge refused ${forgeRefused} calls, the model ${model.refusalCount}, parked ${parked}`,
  );
  expect(bursts).toBeGreaterThan(4);
  expect(forgeRefused).toBeGreaterThan(4);
  expect(model.refusalCount).toBeGreaterThan(4);
  expect(parked).toBeGreaterThan(0);
});
