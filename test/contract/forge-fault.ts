import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { isAppError } from '../../core/base/app-error.ts';
import type { Forge } from '../../core/port/forge.ts';
import type { TestForge, TestRepository } from '../support/forge/test-forge.ts';

const MINUTE = 60_000;

/** Tests the adapter against injected faults of the emulator. */
export function describeForgeFaults(name: string, start: () => Promise<TestForge>): void {
  describe(`${name}: injected faults`, () => {
    let t: TestForge;
    let r: TestRepository;
    beforeAll(async () => {
      t = await start();
      r = await t.makeRepository('faults');
      // Signs in before the first fault.
      await t.forge.readRepository(r.repo);
    });
    afterEach(() => t.setFaults({}));
    afterAll(() => t.close());

    test.each([
      { status: 403, primary: false },
      { status: 429, primary: false },
      { status: 403, primary: true },
    ] as const)(
      'a rate limit with $status pauses calls until its time of reset, primary $primary',
      async (limit) => {
        await t.setFaults({ rateLimit: { count: 1, retryAfterSeconds: 120, ...limit } });
        const before = t.now();

        const error = await catchAppError(t.forge.readRepository(r.repo));

        expect(error).toMatchObject({ kind: 'paused' });
        const until = Number(error.details.until);
        expect(until - before).toBeGreaterThanOrEqual(119_000);
        expect(until - before).toBeLessThanOrEqual(125_000);
        // The forge would answer again, but the client sends no call during the pause.
        expect(await catchAppError(t.forge.readRepository(r.repo))).toMatchObject({
          kind: 'paused',
        });
        t.advanceClock(2 * MINUTE + 2_000);
        expect((await t.forge.readRepository(r.repo)).name).toBe(r.repo);
      },
    );

    test('calls pause before the quota is used up', async () => {
      await t.setFaults({ quota: { remaining: 49, resetSeconds: 600 } });

      expect((await t.forge.readRepository(r.repo)).name).toBe(r.repo);
      const error = await catchAppError(t.forge.readRepository(r.repo));

      expect(error).toMatchObject({ kind: 'paused' });
      expect(Number(error.details.until)).toBeGreaterThan(t.now() + 9 * MINUTE);
      await t.setFaults({});
      t.advanceClock(11 * MINUTE);
      expect((await t.forge.readRepository(r.repo)).name).toBe(r.repo);
    });

    test('a rate limit inside a 200 of GraphQL pauses calls', async () => {
      await t.pushBranch(r, 'graph', { 'graph.txt': '1' });
      const wanted = { head: 'graph', base: 'main', title: 'x', body: '', draft: true, labels: [] };
      const pull = await t.forge.ensurePull(r.repo, wanted);
      const failing = t.createClient('app', async (url, init) => {
        if (String(url).endsWith('/graphql')) {
          await t.setFaults({
            rateLimit: { count: 1, status: 200, retryAfterSeconds: 60, primary: false },
          });
        }
        return fetch(url, init);
      });

      expect(await catchAppError(failing.markReady(r.repo, pull))).toMatchObject({
        kind: 'paused',
      });
    });

    test('an error inside a 200 of GraphQL rejects the call', async () => {
      const pull = await t.forge.findPull(r.repo, { head: 'graph', base: 'main', labels: [] });

      const marking = t.forge.markReady(r.repo, {
        number: pull?.number ?? 0,
        nodeId: 'PR_999999',
      });

      await expect(marking).rejects.toMatchObject({ kind: 'notFound' });
    });

    test('a wrong token rejects as auth, and a missing permission as refused', async () => {
      const stranger = t.createClient({ token: 'ghp_a_token_without_account' });
      await expect(stranger.readRepository(r.repo)).rejects.toMatchObject({ kind: 'auth' });
      const reader = t.createClient({ token: await t.createPerson('reader', 'read') });

      const creation = reader.ensureBranch(r.repo, 'x', r.main);

      await expect(creation).rejects.toMatchObject({ kind: 'refused', code: 'forge_forbidden' });
      expect(await reader.runPreflight(r.repo, 'main', 'x')).toMatchObject([{ rule: 'no_push' }]);
    });

    test('an unreachable forge rejects as transient', async () => {
      const dead = t.createClient('app', () => Promise.reject(new TypeError('fetch failed')));

      await expect(dead.readRepository(r.repo)).rejects.toMatchObject({ kind: 'transient' });
    });

    test('lost answers and repeated calls leave a single pull request and a single merge', async () => {
      const sha = await t.pushBranch(r, 'lossy', { 'lossy.txt': '1' });
      await t.setFaults({ serverErrorEvery: 3 });
      const forge = t.createClient();
      const branches = { head: 'lossy', base: 'main' };
      const wanted = { ...branches, title: 'x', body: '', draft: true, labels: ['l'] };

      const pull = await retryTransient(() => forge.ensurePull(r.repo, wanted));
      await retryTransient(() => forge.ensureBranch(r.repo, 'lossy-branch', sha));
      await retryTransient(() => forge.markReady(r.repo, pull));
      await retryTransient(() => forge.deleteBranch(r.repo, 'lossy-branch'));
      const outcome = await retryTransient(() => mergeUntilDone(forge, r, pull.number, sha));

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

    test('a call waits for a slow forge', async () => {
      await t.setFaults({ latencyMs: 50 });
      const started = performance.now();

      await t.forge.readBranchHead(r.repo, 'main');

      expect(performance.now() - started).toBeGreaterThanOrEqual(49);
    });

    test('mergeable stays null for the injected number of reads', async () => {
      await t.setFaults({ mergeableNullReads: 3 });
      await t.pushBranch(r, 'nulls', { 'nulls.txt': '1' });
      const wanted = {
        head: 'nulls',
        base: 'main',
        title: 'x',
        body: '',
        draft: false,
        labels: [],
      };
      const { number, mergeable } = await t.forge.ensurePull(r.repo, wanted);

      const reads = [mergeable];
      for (let i = 0; i < 3; i += 1) reads.push((await t.forge.readPull(r.repo, number)).mergeable);

      expect(reads).toEqual([null, null, null, true]);
    });
  });
}

/** Merges within a few calls, because unknown mergeability refuses the first call. Returns the merge commit. */
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
  throw new Error('The pull request was not merged within 10 calls.');
}

/** Repeats a call while the call fails as transient. */
async function retryTransient<T>(call: () => Promise<T>): Promise<T> {
  for (let i = 0; i < 12; i += 1) {
    try {
      return await call();
    } catch (error) {
      if (!isAppError(error, 'transient')) throw error;
    }
  }
  throw new Error('The call failed as transient 12 times.');
}

/** Returns the AppError of a call that must fail. */
async function catchAppError(promise: Promise<unknown>) {
  try {
    await promise;
  } catch (error) {
    if (isAppError(error)) return error;
    throw error;
  }
  throw new Error('The call succeeded, but should have failed.');
}
