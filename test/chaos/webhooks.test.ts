import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { seededRandom } from '../../local/model/flavour.ts';
import { handIn, untilTaskIs, useStage } from '../support/e2e-stage.ts';
import { listPulls, requireOneEach } from '../support/forge-facts.ts';
import { git } from '../support/git.ts';
import { type DraftTask, write } from '../support/graph-text.ts';
import { eventsOf, lookAt, untilPlan, untilStatus } from '../support/plan-watch.ts';
import { createReviewer, type Reviewer } from '../support/reviewer.ts';
import { waitUntil } from '../support/wait-until.ts';
import {
  type Delivery,
  startWebhookProxy,
  type WebhookProxy,
  withSignature,
} from '../support/webhook-proxy.ts';

// Webhooks are hints: whatever happens to them on their way, and whoever else sends some, a plan ends the same. WEBHOOK_SEED
// replays.

const SEED = Number(process.env.WEBHOOK_SEED ?? 11);
const NOBODY = `sha256=${'0'.repeat(64)}`;

/** What somebody sends who has seen a delivery and does not know the secret. */
function forgeriesOf(delivery: Delivery) {
  const other = delivery.body.replace('{', '{"forged":true,');
  return [withSignature(delivery, NOBODY), withSignature(delivery, undefined), { body: other }];
}

function useProxy(stage: ReturnType<typeof useStage>): () => WebhookProxy {
  let proxy: WebhookProxy | undefined;
  beforeAll(async () => {
    proxy = await startWebhookProxy(`${stage.platform.url}/v1/hooks/github`);
    await stage.platform.sendWebhooksTo(proxy.url);
  });
  afterAll(() => proxy?.close());
  return () => {
    if (proxy === undefined) throw new Error('the proxy is not started');
    return proxy;
  };
}

describe('with a clock that finds by time what webhooks did not tell', () => {
  const stage = useStage('mischief', { SMOL_CLOCK_SECONDS: '5' });
  const proxy = useProxy(stage);
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

  /** A person does everything that a person can do at the forge, and nothing by command. */
  async function play(reviewer: Reviewer) {
    const { platform, repository } = stage;
    const { plan, repo } = await handIn(stage, GRAPH, ['--policy', 'review', '--auto-approve']);
    const acts = reviewer.follow(repo, {
      changed: ['request-changes', 'approve'],
      closed: ['close', 'reopen', 'approve'],
      'by-hand': ['merge'],
    });
    await untilPlan(
      platform,
      plan,
      'it is complete',
      async ({ plan: view, tasks }) => {
        await acts(tasks);
        return view.status === 'complete';
      },
      300_000,
    );
    const { plan: view, tasks } = await lookAt(platform, plan);
    const { root } = await requireOneEach(platform, repo, plan, TASKS);
    const prefix = `smol-gang/${plan}-r1/`;
    const pulls = (await listPulls(platform, repo)).filter((one) =>
      one.head.ref.startsWith(prefix),
    );
    return {
      counts: view.counts,
      root: { draft: root?.draft, state: root?.state },
      tasks: tasks.map(({ id, status }) => `${id}: ${status}`).sort(),
      pulls: pulls.map((one) => `${one.head.ref.slice(prefix.length)}: ${one.state}`).sort(),
      tree: await git(repository.path, ['rev-parse', `${prefix}root^{tree}`]),
      merges: await git(repository.path, [
        'rev-list',
        '--count',
        '--first-parent',
        `main..${prefix}root`,
      ]),
    };
  }

  test(`lost, doubled, late, in another order and forged, seed ${SEED}: the same end as without`, async () => {
    const reviewer = await createReviewer(stage.platform, 'reviewer', {
      changed: write('src/changed.txt', 'changed, mended'),
    });
    const without = await play(reviewer);
    const random = seededRandom(SEED);
    const forged: Promise<number>[] = [];
    const fates = { lost: 0, twice: 0, once: 0 };
    proxy().setFate((delivery, place) => {
      if (place % 3 === 0)
        for (const forgery of forgeriesOf(delivery)) forged.push(proxy().send(delivery, forgery));
      const fate = random();
      const later = () => Math.floor(random() * 3_000);
      if (fate < 0.25) {
        fates.lost += 1;
        return [];
      }
      fates[fate < 0.5 ? 'twice' : 'once'] += 1;
      return fate < 0.5 ? [later(), later()] : [later()];
    });

    const withMischief = await play(reviewer);

    expect(withMischief).toEqual(without);
    expect(new Set(await Promise.all(forged))).toEqual(new Set([401]));
    console.log(
      `webhooks: ${JSON.stringify(fates)}, ${forged.length} forged, ${proxy().overtaken()} overtaken`,
    );
    for (const count of [...Object.values(fates), forged.length, proxy().overtaken()])
      expect(count).toBeGreaterThan(2);
  });
});

describe('with a clock of a minute', () => {
  const stage = useStage('forged', { SMOL_CLOCK_SECONDS: '60' });
  const proxy = useProxy(stage);

  test('a forged delivery is refused with 401 and writes nothing; the true one of the same id then counts, once', async () => {
    const { platform } = stage;
    const reviewer = await createReviewer(platform, 'reviewer', {});
    const { plan, repo } = await handIn(
      stage,
      [{ id: 'one' }],
      ['--policy', 'review', '--auto-approve'],
    );
    const one = await untilTaskIs(stage, plan, 'one', 'in_review');
    // While its pod ends the task is looked at by itself, with its reviews.
    await waitUntil('no pod is left', async () => {
      const { body } = await platform.api('GET', '/v1/system');
      return z.object({ slots: z.object({ used: z.literal(0) }) }).safeParse(body).success;
    });
    proxy().setFate(() => []);
    await reviewer.approve(repo, one.pullRequest?.number ?? 0);
    const approval = await waitUntil('the forge tells of the review', () =>
      proxy().seen.find(({ event }) => event === 'pull_request_review'),
    );
    const before = await lookAt(platform, plan);

    for (const forgery of forgeriesOf(approval))
      expect(await proxy().send(approval, forgery)).toBe(401);
    expect(await lookAt(platform, plan)).toEqual(before);
    expect(await eventsOf(platform, plan, 'one')).not.toContain('approved');

    proxy().setFate(() => [0]);
    expect(await proxy().send(approval)).toBeLessThan(300);
    await untilStatus(platform, plan, 'complete', 120_000);
    const events = await eventsOf(platform, plan, 'one');
    expect(events.filter((event) => event === 'approved')).toHaveLength(1);

    for (const delivery of proxy().seen) expect(await proxy().send(delivery)).toBeLessThan(300);
    await platform.cli(['recover', plan], { exit: 0 });
    expect(await eventsOf(platform, plan, 'one')).toEqual(events);
    expect((await lookAt(platform, plan)).plan.status).toBe('complete');
  });
});
