import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { isAppError } from '../../core/base/app-error.ts';
import type { Forge } from '../../core/port/forge.ts';
import type { TestForge, TestRepository } from '../support/forge/test-forge.ts';

const MINUTE = 60_000;

export function describeForgeFaults(name: string, start: () => Promise<TestForge>): void {
  describe(`${name}: an unkind forge`, () => {
    let t: TestForge;
    let r: TestRepository;
    beforeAll(async () => {
      t = await start();
      r = await t.makeRepository('faults');
      // Signed in before anything goes wrong.
      await t.forge.readRepository(r.repo);
    });
    afterEach(() => t.setFaults({}));
    afterAll(() => t.close());

    test.each([
      { status: 403, primary: false },
      { status: 429, primary: false },
      { status: 403, primary: true },
    ] as const)('pauses until the time that a $status names, primary $primary', async (limit) => {
      await t.setFaults({ rateLimit: { count: 1, retryAfterSeconds: 120, ...limit } });
      const before = t.now();

      const error = await failureOf(t.forge.readRepository(r.repo));

      expect(error).toMatchObject({ kind: 'paused' });
      const until = Number(error.details.until);
      expect(until - before).toBeGreaterThanOrEqual(119_000);
      expect(until - before).toBeLessThanOrEqual(125_000);
      // The forge would answer again, but is not asked.
      expect(await failureOf(t.forge.readRepository(r.repo))).toMatchObject({ kind: 'paused' });
      t.advanceClock(2 * MINUTE + 2_000);
      expect((await t.forge.readRepository(r.repo)).name).toBe(r.repo);
    });

    test('pauses before the quota is gone', async () => {
      await t.setFaults({ quota: { remaining: 49, resetSeconds: 600 } });

      expect((await t.forge.readRepository(r.repo)).name).toBe(r.repo);
      const error = await failureOf(t.forge.readRepository(r.repo));

      expect(error).toMatchObject({ kind: 'paused' });
      expect(Number(error.details.until)).toBeGreaterThan(t.now() + 9 * MINUTE);
      await t.setFaults({});
      t.advanceClock(11 * MINUTE);
      expect((await t.forge.readRepository(r.repo)).name).toBe(r.repo);
    });

    test('a rate limit inside a 200 of GraphQL pauses too', async () => {
      await t.pushBranch(r, 'graph', { 'graph.txt': '1' });
      const ask = { head: 'graph', base: 'main', title: 'x', body: '', draft: true, labels: [] };
      const pull = await t.forge.ensurePull(r.repo, ask);
      const failing = t.createClient('app', async (url, init) => {
        if (String(url).endsWith('/graphql')) {
          await t.setFaults({
            rateLimit: { count: 1, status: 200, retryAfterSeconds: 60, primary: false },
          });
        }
        return fetch(url, init);
      });

      expect(await failureOf(failing.markReady(r.repo, pull))).toMatchObject({ kind: 'paused' });
    });

    test('an error inside a 200 of GraphQL is not taken for success', async () => {
      const pull = await t.forge.findPull(r.repo, { head: 'graph', base: 'main', labels: [] });

      const ask = t.forge.markReady(r.repo, { number: pull?.number ?? 0, nodeId: 'PR_999999' });

      await expect(ask).rejects.toMatchObject({ kind: 'notFound' });
    });

    test('a wrong token is auth, and a missing permission is refused', async () => {
      const stranger = t.createClient({ token: 'ghp_wrong_token_of_nobody' });
      await expect(stranger.readRepository(r.repo)).rejects.toMatchObject({ kind: 'auth' });
      const reader = t.createClient({ token: await t.createPerson('reader', 'read') });

      const ask = reader.ensureBranch(r.repo, 'x', r.main);

      await expect(ask).rejects.toMatchObject({ kind: 'refused', code: 'forge_forbidden' });
      expect(await reader.runPreflight(r.repo, 'main', 'x')).toMatchObject([{ rule: 'no_push' }]);
    });

    test('a dead forge is transient', async () => {
      const dead = t.createClient('app', () => Promise.reject(new TypeError('fetch failed')));

      await expect(dead.readRepository(r.repo)).rejects.toMatchObject({ kind: 'transient' });
    });

    test('lost answers leave one pull request and one merge, however often it is repeated', async () => {
      const sha = await t.pushBranch(r, 'lossy', { 'lossy.txt': '1' });
      await t.setFaults({ serverErrorEvery: 3 });
      const forge = t.createClient();
      const ask = { head: 'lossy', base: 'main', title: 'x', body: '', draft: true, labels: ['l'] };

      const pull = await insist(() => forge.ensurePull(r.repo, ask));
      await insist(() => forge.ensureBranch(r.repo, 'lossy-branch', sha));
      await insist(() => forge.markReady(r.repo, pull));
      await insist(() => forge.deleteBranch(r.repo, 'lossy-branch'));
      const outcome = await insist(() => mergeUntilDone(forge, r, pull.number, sha));

      await t.setFaults({});
      const { state, mergeSha, labels } = await t.forge.readPull(r.repo, pull.number);
      expect({ state, mergeSha, labels }).toEqual({
        state: 'merged',
        mergeSha: outcome,
        labels: ['l'],
      });
      const main = (await t.forge.readBranchHead(r.repo, 'main')) ?? '';
      expect(await t.forge.compareCommits(r.repo, r.main, main)).toMatchObject({ aheadBy: 2 });
    });

    test('a slow forge is waited for', async () => {
      await t.setFaults({ latencyMs: 50 });
      const started = performance.now();

      await t.forge.readBranchHead(r.repo, 'main');

      expect(performance.now() - started).toBeGreaterThanOrEqual(49);
    });

    test('mergeable stays null as often as told', async () => {
      await t.setFaults({ mergeableNullReads: 3 });
      await t.pushBranch(r, 'nulls', { 'nulls.txt': '1' });
      const ask = { head: 'nulls', base: 'main', title: 'x', body: '', draft: false, labels: [] };
      const { number, mergeable } = await t.forge.ensurePull(r.repo, ask);

      const reads = [mergeable];
      for (let i = 0; i < 3; i += 1) reads.push((await t.forge.readPull(r.repo, number)).mergeable);

      expect(reads).toEqual([null, null, null, true]);
    });
  });
}

/** The sha, once merged; a refusal that may pass is transient here. */
async function mergeUntilDone(
  forge: Forge,
  { repo }: TestRepository,
  number: number,
  sha: string,
): Promise<string> {
  for (let i = 0; i < 10; i += 1) {
    const merge = { sha, title: 'Merge', message: '', method: 'merge' } as const;
    const outcome = await forge.mergePull(repo, number, merge);
    if (outcome.kind === 'merged') return outcome.sha;
  }
  throw new Error('never merged');
}

/** Asks again while it is transient, a few times. */
async function insist<T>(ask: () => Promise<T>): Promise<T> {
  for (let i = 0; i < 12; i += 1) {
    try {
      return await ask();
    } catch (error) {
      if (!isAppError(error, 'transient')) throw error;
    }
  }
  throw new Error('transient for ever');
}

async function failureOf(promise: Promise<unknown>) {
  try {
    await promise;
  } catch (error) {
    if (isAppError(error)) return error;
    throw error;
  }
  throw new Error('it did not fail');
}
