import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { createGitHubWebhookVerifier } from '../../adapters/github/webhook/create-github-webhook-verifier.ts';
import { parseGitHubWebhook } from '../../adapters/github/webhook/parse-github-webhook.ts';
import type { Delivery, TestForge, TestRepository } from '../support/forge/test-forge.ts';
import { ADMIN_TOKEN, WEBHOOK_SECRET } from '../support/forge/test-forge.ts';

/** Tests that the GitHub adapter verifies and parses the webhooks of the emulator. */
export function describeForgeWebhooks(name: string, start: () => Promise<TestForge>): void {
  describe(`${name}: webhooks`, () => {
    let testForge: TestForge;
    let repository: TestRepository;
    beforeAll(async () => {
      testForge = await start();
      repository = await testForge.makeRepository('hooks');
    });
    afterEach(() => testForge.setFaults({}));
    afterAll(() => testForge.close());

    function listDeliveries(event: string, action?: string): Delivery[] {
      return testForge.deliveries.filter((delivery) => {
        const payload = parsePayload(delivery);
        return delivery.event === event && (action === undefined || payload.action === action);
      });
    }

    function waitForDeliveries(
      event: string,
      action: string | undefined,
      count: number,
    ): Promise<void> {
      return vi.waitFor(() => expect(listDeliveries(event, action).length).toBe(count), 5_000);
    }

    async function openPull(head: string) {
      const sha = await testForge.pushBranch(repository, head, { [`${head}.txt`]: head });
      const pullSpec = { head, base: 'main', title: head, body: '', draft: true, labels: [] };
      return { ...(await testForge.forge.ensurePull(repository.repo, pullSpec)), sha };
    }

    test('the forge sends a signed webhook with a delivery id for each change', async () => {
      const pull = await openPull('announced');
      await testForge.pushBranch(repository, 'announced', { 'more.txt': '1' }, pull.sha);
      await testForge.forge.markReady(repository.repo, pull);
      const writer = await testForge.createPerson('writer');
      await testForge.call(
        writer,
        'POST',
        `/repos/${repository.repo}/pulls/${pull.number}/reviews`,
        {
          event: 'APPROVE',
        },
      );
      await testForge.forge.postComment(repository.repo, pull.number, 'Hi');
      const headSha = (await testForge.forge.readPull(repository.repo, pull.number)).headSha;
      await testForge.call(ADMIN_TOKEN, 'POST', `/repos/${repository.repo}/check-runs`, {
        name: 'build',
        head_sha: headSha,
        conclusion: 'success',
      });
      await testForge.forge.closePull(repository.repo, pull.number);
      await testForge.forge.reopenPull(repository.repo, pull.number);

      const actions = ['opened', 'synchronize', 'ready_for_review', 'closed', 'reopened'];
      for (const action of actions) await waitForDeliveries('pull_request', action, 1);
      await waitForDeliveries('pull_request_review', 'submitted', 1);
      await waitForDeliveries('issue_comment', 'created', 1);
      await waitForDeliveries('check_run', 'completed', 1);

      const verify = createGitHubWebhookVerifier(['an older secret', WEBHOOK_SECRET]);
      for (const delivery of testForge.deliveries) {
        expect(await verify(Buffer.from(delivery.body), delivery.signature)).toBe(true);
        expect(await verify(Buffer.from(`${delivery.body} `), delivery.signature)).toBe(false);
      }
      expect(new Set(testForge.deliveries.map(({ id }) => id)).size).toBe(
        testForge.deliveries.length,
      );
    });

    test('parseGitHubWebhook returns repository, pull request and branch of each event', async () => {
      const { number } =
        (await testForge.forge.findPull(repository.repo, {
          head: 'announced',
          base: 'main',
          labels: [],
        })) ?? {};
      const parseLast = (event: string) => {
        const delivery = listDeliveries(event).at(-1);
        return parseGitHubWebhook(event, delivery === undefined ? {} : parsePayload(delivery));
      };

      const onPull = { repo: repository.repo, pull: number, branch: 'announced' };
      expect(parseLast('pull_request')).toEqual(onPull);
      expect(parseLast('pull_request_review')).toEqual(onPull);
      expect(parseLast('check_run')).toEqual(onPull);
      expect(parseLast('issue_comment')).toEqual({ repo: repository.repo, pull: number });
      expect(parseLast('push')).toEqual({ repo: repository.repo, branch: 'announced' });
    });

    test('injected faults drop, duplicate and delay deliveries, and the forge does not retry a dropped delivery', async () => {
      const { number } = await openPull('unlucky');
      await waitForDeliveries('pull_request', 'opened', 2);
      await testForge.setFaults({ webhookDropEvery: 2 });
      for (let i = 0; i < 4; i += 1)
        await testForge.forge.postComment(repository.repo, number, `lossy ${i}`);
      await vi.waitFor(
        () => expect(listCommentBodies('lossy')).toEqual(['lossy 0', 'lossy 2']),
        5_000,
      );

      await testForge.setFaults({ webhookDuplicateEvery: 1 });
      await testForge.forge.postComment(repository.repo, number, 'double');
      await vi.waitFor(() => expect(listCommentBodies('double')).toHaveLength(2), 5_000);
      const duplicates = listDeliveries('issue_comment').filter(({ body }) =>
        body.includes('"double"'),
      );
      expect(new Set(duplicates.map(({ id }) => id)).size).toBe(1);

      await testForge.setFaults({ webhookDelayMs: 300 });
      const startedAt = performance.now();
      await testForge.forge.postComment(repository.repo, number, 'late');
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
