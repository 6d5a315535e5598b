import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createSeededRandom } from '../../local/model/variations.ts';
import { submitGraph, useStage, waitForTaskStatus } from '../support/platform/e2e-stage.ts';
import { listPulls, requireOnePullPerTask } from '../support/platform/forge-facts.ts';
import type { DraftTask } from '../support/platform/render-graph.ts';
import { renderWriteInstruction } from '../support/platform/render-graph.ts';
import type { Reviewer } from '../support/platform/reviewer.ts';
import { createReviewer } from '../support/platform/reviewer.ts';
import {
  fetchPlanSnapshot,
  listTaskEvents,
  waitForPlan,
  waitForPlanStatus,
} from '../support/platform/wait-for-plan.ts';
import type { Delivery, WebhookProxy } from '../support/platform/webhook-proxy.ts';
import { replaceSignature, startWebhookProxy } from '../support/platform/webhook-proxy.ts';
import { waitUntil } from '../support/wait-until.ts';
import { runGit } from '../support/workspace/git.ts';

// Webhooks only make the platform faster: a plan ends in the same way if deliveries are lost, late, repeated or forged. WEBHOOK_SEED sets
// the seed.

const SEED = Number(process.env.WEBHOOK_SEED ?? 11);
const WRONG_SIGNATURE = `sha256=${'0'.repeat(64)}`;

/** Creates changed copies of a delivery, as an attacker without the secret could send them. */
function createForgeries(delivery: Delivery) {
  const forgedBody = delivery.body.replace('{', '{"forged":true,');
  return [
    replaceSignature(delivery, WRONG_SIGNATURE),
    replaceSignature(delivery, undefined),
    { body: forgedBody },
  ];
}

function useWebhookProxy(stage: ReturnType<typeof useStage>): () => WebhookProxy {
  let proxy: WebhookProxy | undefined;
  beforeAll(async () => {
    proxy = await startWebhookProxy(`${stage.platform.url}/v1/hooks/github`);
    await stage.platform.sendWebhooksTo(proxy.url);
  });
  afterAll(() => proxy?.close());
  return () => {
    if (proxy === undefined) throw new Error('the webhook proxy has not started');
    return proxy;
  };
}

describe('with a resync every 5 seconds', () => {
  const stage = useStage('disturbed-webhooks', { SMOL_CLOCK_SECONDS: '5' });
  const proxy = useWebhookProxy(stage);
  const GRAPH: DraftTask[] = [
    { id: 'a' },
    { id: 'changed' },
    { id: 'closed' },
    { id: 'by-hand' },
    { id: 'b', dependsOn: ['a', 'changed'] },
    { id: 'c', dependsOn: ['closed', 'by-hand'] },
    { id: 'd', dependsOn: ['b', 'c'] },
  ];
  const TASKS = GRAPH.map(({ id }) => id);

  /** Completes a plan with the help of people who act only at the forge; returns the outcome for a comparison. */
  async function completePlan(reviewer: Reviewer) {
    const { platform, repository } = stage;
    const { plan, repo } = await submitGraph(stage, GRAPH, [
      '--policy',
      'review',
      '--auto-approve',
    ]);
    const followTasks = reviewer.followTasks(repo, {
      changed: ['request-changes', 'approve'],
      closed: ['close', 'reopen', 'approve'],
      'by-hand': ['merge'],
    });
    await waitForPlan(
      platform,
      plan,
      'the plan is complete',
      async ({ plan: view, tasks }) => {
        await followTasks(tasks);
        return view.status === 'complete';
      },
      300_000,
    );
    const { plan: view, tasks } = await fetchPlanSnapshot(platform, plan);
    const { root } = await requireOnePullPerTask(platform, repo, plan, TASKS);
    const prefix = `smol-gang/${plan}-r1/`;
    const pulls = (await listPulls(platform, repo)).filter(({ head }) =>
      head.ref.startsWith(prefix),
    );
    return {
      counts: view.counts,
      root: { draft: root?.draft, state: root?.state },
      tasks: tasks.map(({ id, status }) => `${id}: ${status}`).sort(),
      pulls: pulls.map(({ head, state }) => `${head.ref.slice(prefix.length)}: ${state}`).sort(),
      tree: await runGit(repository.path, ['rev-parse', `${prefix}root^{tree}`]),
      merges: await runGit(repository.path, [
        'rev-list',
        '--count',
        '--first-parent',
        `main..${prefix}root`,
      ]),
    };
  }

  test(`a plan ends in the same way with lost, repeated, late, reordered and forged deliveries (seed ${SEED})`, async () => {
    const reviewer = await createReviewer(stage.platform, 'reviewer', {
      changed: renderWriteInstruction('src/changed.txt', 'changed, repaired'),
    });
    const undisturbed = await completePlan(reviewer);
    const random = createSeededRandom(SEED);
    const forgeryStatuses: Promise<number>[] = [];
    const deliveryCounts = { lost: 0, twice: 0, once: 0 };
    proxy().setSchedule((delivery, index) => {
      if (index % 3 === 0)
        for (const forgery of createForgeries(delivery))
          forgeryStatuses.push(proxy().send(delivery, forgery));
      const draw = random();
      const drawDelayMs = () => Math.floor(random() * 3_000);
      if (draw < 0.25) {
        deliveryCounts.lost += 1;
        return [];
      }
      deliveryCounts[draw < 0.5 ? 'twice' : 'once'] += 1;
      return draw < 0.5 ? [drawDelayMs(), drawDelayMs()] : [drawDelayMs()];
    });

    const disturbed = await completePlan(reviewer);

    expect(disturbed).toEqual(undisturbed);
    expect(new Set(await Promise.all(forgeryStatuses))).toEqual(new Set([401]));
    console.log(
      `webhooks: ${JSON.stringify(deliveryCounts)}, ${forgeryStatuses.length} forged, ${proxy().countOvertaken()} overtaken`,
    );
    for (const count of [
      ...Object.values(deliveryCounts),
      forgeryStatuses.length,
      proxy().countOvertaken(),
    ])
      expect(count).toBeGreaterThan(2);
  });
});

describe('with a resync every minute', () => {
  const stage = useStage('forged', { SMOL_CLOCK_SECONDS: '60' });
  const proxy = useWebhookProxy(stage);

  test('a forged delivery gets 401 and changes nothing, and afterwards the genuine delivery with the same id counts once', async () => {
    const { platform } = stage;
    const reviewer = await createReviewer(platform, 'reviewer', {});
    const { plan, repo } = await submitGraph(
      stage,
      [{ id: 'one' }],
      ['--policy', 'review', '--auto-approve'],
    );
    const task = await waitForTaskStatus(stage, plan, 'one', 'in_review');
    // Until the pod has ended, the engine reads the task and its reviews even without a webhook.
    await waitUntil('every pod has ended', async () => {
      const { body } = await platform.api('GET', '/v1/system');
      return z.object({ slots: z.object({ used: z.literal(0) }) }).safeParse(body).success;
    });
    proxy().setSchedule(() => []);
    await reviewer.approvePull(repo, task.pullRequest?.number ?? 0);
    const approval = await waitUntil('the forge sends the review', () =>
      proxy().deliveries.find(({ event }) => event === 'pull_request_review'),
    );
    const before = await fetchPlanSnapshot(platform, plan);

    for (const forgery of createForgeries(approval))
      expect(await proxy().send(approval, forgery)).toBe(401);
    expect(await fetchPlanSnapshot(platform, plan)).toEqual(before);
    expect(await listTaskEvents(platform, plan, 'one')).not.toContain('approved');

    proxy().setSchedule(() => [0]);
    expect(await proxy().send(approval)).toBeLessThan(300);
    await waitForPlanStatus(platform, plan, 'complete', 120_000);
    const events = await listTaskEvents(platform, plan, 'one');
    expect(events.filter((event) => event === 'approved')).toHaveLength(1);

    for (const delivery of proxy().deliveries)
      expect(await proxy().send(delivery)).toBeLessThan(300);
    await platform.cli(['recover', plan], { expectedExit: 0 });
    expect(await listTaskEvents(platform, plan, 'one')).toEqual(events);
    expect((await fetchPlanSnapshot(platform, plan)).plan.status).toBe('complete');
  });
});
