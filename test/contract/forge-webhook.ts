import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { createGitHubWebhookVerifier } from '../../adapters/github/webhook/create-github-webhook-verifier.ts';
import { parseGitHubWebhook } from '../../adapters/github/webhook/parse-github-webhook.ts';
import type { Delivery, TestForge, TestRepository } from '../support/forge/test-forge.ts';
import { ADMIN_TOKEN, WEBHOOK_SECRET } from '../support/forge/test-forge.ts';

/** Tests the webhooks of the emulator, as the adapter reads them. */
export function describeForgeWebhooks(name: string, start: () => Promise<TestForge>): void {
  describe(`${name}: webhooks`, () => {
    let t: TestForge;
    let r: TestRepository;
    beforeAll(async () => {
      t = await start();
      r = await t.makeRepository('hooks');
    });
    afterEach(() => t.setFaults({}));
    afterAll(() => t.close());

    function listDeliveries(event: string, action?: string): Delivery[] {
      return t.deliveries.filter((delivery) => {
        const payload = parsePayload(delivery);
        return delivery.event === event && (action === undefined || payload.action === action);
      });
    }

    function waitFor(event: string, action: string | undefined, count: number): Promise<void> {
      return vi.waitFor(() => expect(listDeliveries(event, action).length).toBe(count), 5_000);
    }

    async function open(head: string) {
      const sha = await t.pushBranch(r, head, { [`${head}.txt`]: head });
      const wanted = { head, base: 'main', title: head, body: '', draft: true, labels: [] };
      return { ...(await t.forge.ensurePull(r.repo, wanted)), sha };
    }

    test('the forge sends a signed webhook with a delivery id for each change', async () => {
      const pull = await open('announced');
      await t.pushBranch(r, 'announced', { 'more.txt': '1' }, pull.sha);
      await t.forge.markReady(r.repo, pull);
      const writer = await t.createPerson('writer');
      await t.call(writer, 'POST', `/repos/${r.repo}/pulls/${pull.number}/reviews`, {
        event: 'APPROVE',
      });
      await t.forge.postComment(r.repo, pull.number, 'Hi');
      const headSha = (await t.forge.readPull(r.repo, pull.number)).headSha;
      await t.call(ADMIN_TOKEN, 'POST', `/repos/${r.repo}/check-runs`, {
        name: 'build',
        head_sha: headSha,
        conclusion: 'success',
      });
      await t.forge.closePull(r.repo, pull.number);
      await t.forge.reopenPull(r.repo, pull.number);

      const actions = ['opened', 'synchronize', 'ready_for_review', 'closed', 'reopened'];
      for (const action of actions) await waitFor('pull_request', action, 1);
      await waitFor('pull_request_review', 'submitted', 1);
      await waitFor('issue_comment', 'created', 1);
      await waitFor('check_run', 'completed', 1);

      const verify = createGitHubWebhookVerifier(['an older secret', WEBHOOK_SECRET]);
      for (const delivery of t.deliveries) {
        expect(await verify(Buffer.from(delivery.body), delivery.signature)).toBe(true);
        expect(await verify(Buffer.from(`${delivery.body} `), delivery.signature)).toBe(false);
      }
      expect(new Set(t.deliveries.map(({ id }) => id)).size).toBe(t.deliveries.length);
    });

    test('parseGitHubWebhook reads repository, pull request and branch of each event', async () => {
      const { number } =
        (await t.forge.findPull(r.repo, { head: 'announced', base: 'main', labels: [] })) ?? {};
      const parseLast = (event: string) => {
        const delivery = listDeliveries(event).at(-1);
        return parseGitHubWebhook(event, delivery === undefined ? {} : parsePayload(delivery));
      };

      const onPull = { repo: r.repo, pull: number, branch: 'announced' };
      expect(parseLast('pull_request')).toEqual(onPull);
      expect(parseLast('pull_request_review')).toEqual(onPull);
      expect(parseLast('check_run')).toEqual(onPull);
      expect(parseLast('issue_comment')).toEqual({ repo: r.repo, pull: number });
      expect(parseLast('push')).toEqual({ repo: r.repo, branch: 'announced' });
    });

    test('the forge loses, doubles and delays deliveries by injected faults, and repeats none', async () => {
      const { number } = await open('unlucky');
      await waitFor('pull_request', 'opened', 2);
      await t.setFaults({ webhookDropEvery: 2 });
      for (let i = 0; i < 4; i += 1) await t.forge.postComment(r.repo, number, `lossy ${i}`);
      await vi.waitFor(
        () => expect(listCommentBodies('lossy')).toEqual(['lossy 0', 'lossy 2']),
        5_000,
      );

      await t.setFaults({ webhookDuplicateEvery: 1 });
      await t.forge.postComment(r.repo, number, 'double');
      await vi.waitFor(() => expect(listCommentBodies('double')).toHaveLength(2), 5_000);
      const ids = listDeliveries('issue_comment').filter(({ body }) => body.includes('"double"'));
      expect(new Set(ids.map(({ id }) => id)).size).toBe(1);

      await t.setFaults({ webhookDelayMs: 300 });
      const startedAt = performance.now();
      await t.forge.postComment(r.repo, number, 'late');
      await vi.waitFor(() => expect(listCommentBodies('late')).toHaveLength(1), 5_000);
      expect(performance.now() - startedAt).toBeGreaterThanOrEqual(290);
      expect(listCommentBodies('lossy')).toEqual(['lossy 0', 'lossy 2']);
    });

    function listCommentBodies(start: string): string[] {
      return listDeliveries('issue_comment')
        .map((delivery) => String(Reflect.get(Object(parsePayload(delivery).comment), 'body')))
        .filter((body) => body.startsWith(start));
    }
  });
}

function parsePayload(delivery: Delivery): Record<string, unknown> {
  const payload: unknown = JSON.parse(delivery.body);
  return Object(payload);
}
