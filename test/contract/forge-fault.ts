import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { isAppError } from '../../core/base/app-error.ts';
import type { Forge } from '../../core/port/forge.ts';
import type { TestForge, TestRepository } from '../support/forge/test-forge.ts';

const MINUTE_MS = 60_000;

/** Tests the GitHub adapter while the emulator injects faults. */
export function describeForgeFaults(name: string, start: () => Promise<TestForge>): void {
  describe(`${name}: injected faults`, () => {
    let testForge: TestForge;
    let repository: TestRepository;
    beforeAll(async () => {
      testForge = await start();
      repository = await testForge.makeRepository('faults');
      // Obtains the access token of the client before the first fault.
      await testForge.forge.readRepository(repository.repo);
    });
    afterEach(() => testForge.setFaults({}));
    afterAll(() => testForge.close());

    test.each([
      { title: 'a secondary rate limit with status 403', status: 403, primary: false },
      { title: 'a secondary rate limit with status 429', status: 429, primary: false },
      { title: 'a primary rate limit with status 403', status: 403, primary: true },
    ] as const)('$title pauses calls until the limit ends', async ({ status, primary }) => {
      await testForge.setFaults({
        rateLimit: { count: 1, retryAfterSeconds: 120, status, primary },
      });
      const startMs = testForge.now();

      const error = await catchAppError(testForge.forge.readRepository(repository.repo));

      expect(error).toMatchObject({ kind: 'paused' });
      const until = Number(error.details.until);
      expect(until - startMs).toBeGreaterThanOrEqual(119_000);
      expect(until - startMs).toBeLessThanOrEqual(125_000);
      // The forge would answer again, but the client sends no call during the pause.
      expect(await catchAppError(testForge.forge.readRepository(repository.repo))).toMatchObject({
        kind: 'paused',
      });
      testForge.advanceClock(2 * MINUTE_MS + 2_000);
      expect((await testForge.forge.readRepository(repository.repo)).name).toBe(repository.repo);
    });

    test('the client pauses before the quota is used up', async () => {
      await testForge.setFaults({ quota: { remaining: 49, resetSeconds: 600 } });

      expect((await testForge.forge.readRepository(repository.repo)).name).toBe(repository.repo);
      const error = await catchAppError(testForge.forge.readRepository(repository.repo));

      expect(error).toMatchObject({ kind: 'paused' });
      expect(Number(error.details.until)).toBeGreaterThan(testForge.now() + 9 * MINUTE_MS);
      await testForge.setFaults({});
      testForge.advanceClock(11 * MINUTE_MS);
      expect((await testForge.forge.readRepository(repository.repo)).name).toBe(repository.repo);
    });

    test('a rate limit in a GraphQL answer with status 200 pauses calls', async () => {
      await testForge.pushBranch(repository, 'graph', { 'graph.txt': '1' });
      const pullSpec = {
        head: 'graph',
        base: 'main',
        title: 'x',
        body: '',
        draft: true,
        labels: [],
      };
      const pull = await testForge.forge.ensurePull(repository.repo, pullSpec);
      const limitedClient = testForge.createClient('app', async (url, init) => {
        if (String(url).endsWith('/graphql')) {
          await testForge.setFaults({
            rateLimit: { count: 1, status: 200, retryAfterSeconds: 60, primary: false },
          });
        }
        return fetch(url, init);
      });

      expect(await catchAppError(limitedClient.markReady(repository.repo, pull))).toMatchObject({
        kind: 'paused',
      });
    });

    test('an error in a GraphQL answer with status 200 rejects the call', async () => {
      const pull = await testForge.forge.findPull(repository.repo, {
        head: 'graph',
        base: 'main',
        labels: [],
      });

      const marking = testForge.forge.markReady(repository.repo, {
        number: pull?.number ?? 0,
        nodeId: 'PR_999999',
      });

      await expect(marking).rejects.toMatchObject({ kind: 'notFound' });
    });

    test('a call with an unknown token rejects as auth, and a call without permission as refused', async () => {
      const unknownClient = testForge.createClient({ token: 'ghp_a_token_without_account' });
      await expect(unknownClient.readRepository(repository.repo)).rejects.toMatchObject({
        kind: 'auth',
      });
      const readOnlyClient = testForge.createClient({
        token: await testForge.createPerson('reader', 'read'),
      });

      const creation = readOnlyClient.ensureBranch(repository.repo, 'x', repository.main);

      await expect(creation).rejects.toMatchObject({ kind: 'refused', code: 'forge_forbidden' });
      expect(await readOnlyClient.runPreflight(repository.repo, 'main', 'x')).toMatchObject([
        { rule: 'no_push' },
      ]);
    });

    test('a call to an unreachable forge rejects as transient', async () => {
      const disconnectedClient = testForge.createClient('app', () =>
        Promise.reject(new TypeError('fetch failed')),
      );

      await expect(disconnectedClient.readRepository(repository.repo)).rejects.toMatchObject({
        kind: 'transient',
      });
    });

    test('calls that are repeated after server errors create a single pull request and a single merge', async () => {
      const sha = await testForge.pushBranch(repository, 'lossy', { 'lossy.txt': '1' });
      await testForge.setFaults({ serverErrorEvery: 3 });
      const forge = testForge.createClient();
      const branches = { head: 'lossy', base: 'main' };
      const pullSpec = { ...branches, title: 'x', body: '', draft: true, labels: ['l'] };

      const pull = await retryTransient(() => forge.ensurePull(repository.repo, pullSpec));
      await retryTransient(() => forge.ensureBranch(repository.repo, 'lossy-branch', sha));
      await retryTransient(() => forge.markReady(repository.repo, pull));
      await retryTransient(() => forge.deleteBranch(repository.repo, 'lossy-branch'));
      const outcome = await retryTransient(() =>
        mergeUntilDone(forge, repository, pull.number, sha),
      );

      await testForge.setFaults({});
      const { state, mergeSha, labels } = await testForge.forge.readPull(
        repository.repo,
        pull.number,
      );
      expect({ state, mergeSha, labels }).toEqual({
        state: 'merged',
        mergeSha: outcome,
        labels: ['l'],
      });
      const main = (await testForge.forge.readBranchHead(repository.repo, 'main')) ?? '';
      expect(
        await testForge.forge.compareCommits(repository.repo, repository.main, main),
      ).toMatchObject({ aheadBy: 2 });
    });

    test('a call waits for a slow forge', async () => {
      await testForge.setFaults({ latencyMs: 50 });
      const startedAt = performance.now();

      await testForge.forge.readBranchHead(repository.repo, 'main');

      expect(performance.now() - startedAt).toBeGreaterThanOrEqual(49);
    });

    test('mergeable stays null for the injected number of reads', async () => {
      await testForge.setFaults({ mergeableNullReads: 3 });
      await testForge.pushBranch(repository, 'nulls', { 'nulls.txt': '1' });
      const pullSpec = {
        head: 'nulls',
        base: 'main',
        title: 'x',
        body: '',
        draft: false,
        labels: [],
      };
      const { number, isMergeable } = await testForge.forge.ensurePull(repository.repo, pullSpec);

      const reads = [isMergeable];
      for (let count = 0; count < 3; count += 1)
        reads.push((await testForge.forge.readPull(repository.repo, number)).isMergeable);

      expect(reads).toEqual([null, null, null, true]);
    });
  });
}

/**
 * Merges a pull request and returns the merge commit. Repeats the call, because the forge refuses the first calls while
 * mergeability is unknown.
 */
async function mergeUntilDone(
  forge: Forge,
  { repo }: TestRepository,
  number: number,
  sha: string,
): Promise<string> {
  for (let count = 0; count < 10; count += 1) {
    const merge = { sha, title: 'Merge', message: '', method: 'merge' } as const;
    const outcome = await forge.mergePull(repo, number, merge);
    if (outcome.kind === 'merged') return outcome.sha;
  }
  throw new Error('The pull request was not merged within 10 calls.');
}

/** Repeats a call until it does not fail as transient, at most 12 times. */
async function retryTransient<T>(call: () => Promise<T>): Promise<T> {
  for (let count = 0; count < 12; count += 1) {
    try {
      return await call();
    } catch (error) {
      if (!isAppError(error, 'transient')) throw error;
    }
  }
  throw new Error('The call failed as transient 12 times.');
}

/** Returns the AppError with which a call rejects. Throws if the call succeeds. */
async function catchAppError(promise: Promise<unknown>) {
  try {
    await promise;
  } catch (error) {
    if (isAppError(error)) return error;
    throw error;
  }
  throw new Error('The call succeeded, but should have failed.');
}
