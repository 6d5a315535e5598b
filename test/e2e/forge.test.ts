import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import type { FaultSettings } from '../../local/forge/fault.ts';
import { contentOf, handIn, useStage } from '../support/e2e-stage.ts';
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

const UNKIND: Record<string, FaultSettings> = {
  'fails every seventh call, now before and now after it was done': { serverErrorEvery: 7 },
  'loses every second webhook and doubles the others': {
    webhookDropEvery: 2,
    webhookDuplicateEvery: 3,
    mergeableNullReads: 3,
  },
  'limits the rate for a while': {
    rateLimit: { count: 12, status: 429, retryAfterSeconds: 2, primary: false },
  },
  'has used up its quota for a while': {
    rateLimit: { count: 6, status: 403, retryAfterSeconds: 3, primary: true },
  },
};

for (const [name, faults] of Object.entries(UNKIND)) {
  test(`a plan completes although the forge ${name}`, async () => {
    const { platform } = stage;
    const { plan, repo } = await handIn(stage, GRAPH);

    await platform.cli(['plan', 'approve', plan], { exit: 0 });
    await platform.faults(faults);
    await untilStatus(platform, plan, 'complete', 200_000);
    await platform.faults({});

    const { root } = await requireOneEach(platform, repo, plan, TASKS);
    expect(root).toMatchObject({ draft: false, state: 'open' });
    for (const task of TASKS) expect(await eventsOf(plan, task)).not.toContain('attempt_failed');
    expect(await contentOf(stage, plan, 'root', 'src/e.txt')).toBe('e is done');
  });
}
