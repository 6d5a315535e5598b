import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import type { FaultSettings } from '../../local/forge/fault.ts';
import { contentOf, handIn, untilTaskIs, useStage } from '../support/e2e-stage.ts';
import { requireOneEach } from '../support/forge-facts.ts';
import type { DraftTask } from '../support/graph-text.ts';
import { untilStatus } from '../support/plan-watch.ts';

// A forge as unkind as a real one: whatever it does for a while, each task has one pull request and one merge in the end.

const stage = useStage('forge');
afterEach(() => stage.platform.faults({}));

const GRAPH: DraftTask[] = [
  { id: 'a' },
  { id: 'b' },
  { id: 'c', dependsOn: ['a'] },
  { id: 'd', dependsOn: ['a', 'b'] },
  { id: 'e', dependsOn: ['c', 'd'] },
];

const TASKS = GRAPH.map(({ id }) => id);
const historySchema = z.object({ items: z.array(z.object({ event: z.string() })) });

async function eventsOf(plan: string, task: string): Promise<string[]> {
  const { body } = await stage.platform.api('GET', `/v1/plans/${plan}/tasks/${task}/history`);
  return historySchema.parse(body).items.map(({ event }) => event);
}

async function completes(faults: readonly FaultSettings[]): Promise<void> {
  const { platform } = stage;
  const { plan, repo } = await handIn(stage, GRAPH);

  await platform.cli(['plan', 'approve', plan], { exit: 0 });
  for (const [index, settings] of faults.entries()) {
    if (index > 0) await untilTaskIs(stage, plan, 'a', 'merged');
    await platform.faults(settings);
  }
  await untilStatus(platform, plan, 'complete', 200_000);
  await platform.faults({});

  const { root } = await requireOneEach(platform, repo, plan, TASKS);
  expect(root).toMatchObject({ draft: false, state: 'open' });
  for (const task of TASKS) expect(await eventsOf(plan, task)).not.toContain('attempt_failed');
  expect(await contentOf(stage, plan, 'root', 'src/e.txt')).toBe('e is done');
}

test('a plan completes although the forge fails, before or after it has done what it was asked', () =>
  completes([{ serverErrorEvery: 7 }]));

test('a plan completes although the forge loses webhooks, doubles them and is slow to judge', () =>
  completes([{ webhookDropEvery: 2, webhookDuplicateEvery: 3, mergeableNullReads: 3 }]));

test('a plan completes although the forge limits the rate, in both of its ways', () =>
  completes([
    { rateLimit: { count: 6, status: 429, retryAfterSeconds: 1, primary: false } },
    { rateLimit: { count: 4, status: 403, retryAfterSeconds: 2, primary: true } },
  ]));
