import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { TestForge, TestRepository } from '../support/forge/test-forge.ts';
import { ADMIN_TOKEN } from '../support/forge/test-forge.ts';
import { pushWithToken } from '../support/workspace/git.ts';
import type { KnownDifferences } from './known-differences.ts';
import { createTest } from './known-differences.ts';

/** Tests the pull request methods of the forge port. */
export function describeForgePulls(
  name: string,
  start: () => Promise<TestForge>,
  differences: KnownDifferences = {},
): void {
  const test = createTest(differences);
  describe(`${name}: pull requests`, () => {
    let testForge: TestForge;
    let repository: TestRepository;
    beforeAll(async () => {
      testForge = await start();
      repository = await testForge.makeRepository('pulls');
    });
    afterAll(() => testForge.close());

    function createPullSpec(
      head: string,
      change: { readonly draft?: boolean; readonly labels?: string[] } = {},
    ) {
      const title = `Title of ${head}`;
      return { head, base: 'main', title, body: 'Body', draft: false, labels: [], ...change };
    }

    test('ensurePull opens a single pull request for concurrent and repeated calls', async () => {
      const sha = await testForge.pushBranch(repository, 'once', { 'once.txt': '1' });
      const pullSpec = createPullSpec('once', { labels: ['smol-gang', 'wave-1'] });

      const all = await Promise.all([
        testForge.forge.ensurePull(repository.repo, pullSpec),
        testForge.createClient().ensurePull(repository.repo, pullSpec),
      ]);
      const repeatedPull = await testForge.forge.ensurePull(repository.repo, pullSpec);

      expect(new Set([...all, repeatedPull].map((pull) => pull.number)).size).toBe(1);
      expect(repeatedPull).toMatchObject({
        title: 'Title of once',
        body: 'Body',
        state: 'open',
        draft: false,
        head: 'once',
        headSha: sha,
        base: 'main',
        labels: ['smol-gang', 'wave-1'],
        author: testForge.author,
      });
      expect(await testForge.forge.findPull(repository.repo, createPullSpec('once'))).toMatchObject(
        {
          number: repeatedPull.number,
        },
      );
      expect(
        await testForge.forge.findPull(repository.repo, {
          ...createPullSpec('once'),
          base: 'other',
        }),
      ).toBeUndefined();
    });

    test('the forge answers 422 to a second pull request of the same branches', async () => {
      const token = await testForge.createPerson('second');

      const { status, body } = await testForge.call(
        token,
        'POST',
        `/repos/${repository.repo}/pulls`,
        {
          head: 'once',
          base: 'main',
          title: 'Again',
        },
      );

      expect(status).toBe(422);
      expect(JSON.stringify(body)).toContain('A pull request already exists for acme:once.');
    });

    test('ensurePull rejects a head branch without new commits as no_commits', async () => {
      await testForge.forge.ensureBranch(repository.repo, 'nothing', repository.main);

      const opening = testForge.forge.ensurePull(repository.repo, createPullSpec('nothing'));

      await expect(opening).rejects.toMatchObject({ kind: 'refused', code: 'no_commits' });
    });

    test('ensurePull returns a pull request that a person closed, and opens no new pull request', async () => {
      await testForge.pushBranch(repository, 'closed', { 'closed.txt': '1' });
      const { number } = await testForge.forge.ensurePull(
        repository.repo,
        createPullSpec('closed'),
      );
      await testForge.forge.closePull(repository.repo, number);

      const repeatedPull = await testForge.forge.ensurePull(
        repository.repo,
        createPullSpec('closed'),
      );

      expect(repeatedPull).toMatchObject({ number, state: 'closed' });
    });

    test('ensurePull returns a pull request into another base only if the pull request has one of the given labels', async () => {
      await testForge.pushBranch(repository, 'retargeted', { 'retargeted.txt': '1' });
      await testForge.forge.ensureBranch(repository.repo, 'far', repository.main);
      const labels = ['smol-gang', 'wave-1'];
      const specInFar = { ...createPullSpec('retargeted', { labels }), base: 'far' };
      const { number } = await testForge.forge.ensurePull(repository.repo, specInFar);

      const specInMain = createPullSpec('retargeted', { labels: ['smol-gang', 'wave-2'] });
      expect(await testForge.forge.ensurePull(repository.repo, specInMain)).toMatchObject({
        number,
        base: 'far',
      });
      expect(await testForge.forge.findPull(repository.repo, specInMain)).toMatchObject({
        number,
        base: 'far',
      });
      expect(
        await testForge.forge.findPull(repository.repo, { ...specInMain, labels: [] }),
      ).toBeUndefined();
      const another = await testForge.forge.ensurePull(
        repository.repo,
        createPullSpec('retargeted', { labels: ['theirs'] }),
      );

      expect(another.number).toBeGreaterThan(number);
      expect(another).toMatchObject({ base: 'main', state: 'open' });
    });

    test('reopenPull rejects a closed pull request while another pull request of its branches is open', async () => {
      await testForge.pushBranch(repository, 'beside', { 'beside.txt': '1' });
      const { number } = await testForge.forge.ensurePull(
        repository.repo,
        createPullSpec('beside'),
      );
      await testForge.forge.closePull(repository.repo, number);
      const { status } = await testForge.call(
        await testForge.createPerson('beside'),
        'POST',
        `/repos/${repository.repo}/pulls`,
        {
          head: 'beside',
          base: 'main',
          title: 'By hand',
        },
      );
      expect(status).toBe(201);

      const reopen = testForge.forge.reopenPull(repository.repo, number);

      await expect(reopen).rejects.toMatchObject({ kind: 'refused', code: 'cannot_reopen' });
    });

    test('closePull and reopenPull may be repeated', async () => {
      await testForge.pushBranch(repository, 'again', { 'again.txt': '1' });
      const { number } = await testForge.forge.ensurePull(repository.repo, createPullSpec('again'));

      await testForge.forge.closePull(repository.repo, number);
      await testForge.forge.closePull(repository.repo, number);
      expect((await testForge.forge.readPull(repository.repo, number)).state).toBe('closed');
      await testForge.forge.reopenPull(repository.repo, number);
      await testForge.forge.reopenPull(repository.repo, number);

      expect((await testForge.forge.readPull(repository.repo, number)).state).toBe('open');
    });

    test('markReady and markDraft may be repeated, even by a new client', async () => {
      await testForge.pushBranch(repository, 'draft', { 'draft.txt': '1' });
      const pull = await testForge.forge.ensurePull(
        repository.repo,
        createPullSpec('draft', { draft: true }),
      );
      expect(pull.draft).toBe(true);

      await testForge.forge.markReady(repository.repo, pull);
      await testForge.createClient().markReady(repository.repo, pull);
      expect((await testForge.forge.readPull(repository.repo, pull.number)).draft).toBe(false);
      await testForge.forge.markDraft(repository.repo, pull);
      await testForge.createClient().markDraft(repository.repo, pull);

      expect((await testForge.forge.readPull(repository.repo, pull.number)).draft).toBe(true);
    });

    test('a draft gets a marked title in a repository that does not allow drafts', async () => {
      await testForge.call(ADMIN_TOKEN, 'PATCH', `/repos/${repository.repo}`, {
        allow_drafts: false,
      });
      await testForge.pushBranch(repository, 'nodraft', { 'nodraft.txt': '1' });
      const path = `/repos/${repository.repo}/pulls`;

      const pull = await testForge.forge.ensurePull(
        repository.repo,
        createPullSpec('nodraft', { draft: true }),
      );
      expect(pull).toMatchObject({ draft: true, title: 'Title of nodraft' });
      const raw = await testForge.call(ADMIN_TOKEN, 'GET', `${path}/${pull.number}`);
      expect(raw.body).toMatchObject({ title: '[not ready] Title of nodraft', draft: false });

      await testForge.forge.updatePull(repository.repo, pull.number, { title: 'Better' });
      expect(await testForge.forge.readPull(repository.repo, pull.number)).toMatchObject({
        title: 'Better',
        draft: true,
      });
      await testForge.forge.markReady(repository.repo, pull);
      expect(
        (await testForge.call(ADMIN_TOKEN, 'GET', `${path}/${pull.number}`)).body,
      ).toMatchObject({
        title: 'Better',
      });
      await testForge.forge.markDraft(repository.repo, pull);
      await testForge.forge.markDraft(repository.repo, pull);
      expect(
        (await testForge.call(ADMIN_TOKEN, 'GET', `${path}/${pull.number}`)).body,
      ).toMatchObject({
        title: '[not ready] Better',
      });
      await testForge.call(ADMIN_TOKEN, 'PATCH', `/repos/${repository.repo}`, {
        allow_drafts: true,
      });
    });

    test('updatePull changes title, body and labels separately', async () => {
      await testForge.pushBranch(repository, 'edit', { 'edit.txt': '1' });
      const { number } = await testForge.forge.ensurePull(
        repository.repo,
        createPullSpec('edit', { labels: ['first'] }),
      );

      await testForge.forge.updatePull(repository.repo, number, { title: 'New title' });
      await testForge.forge.updatePull(repository.repo, number, { body: 'New <b>body</b>' });
      await testForge.forge.updatePull(repository.repo, number, { labels: ['second', 'third'] });

      expect(await testForge.forge.readPull(repository.repo, number)).toMatchObject({
        title: 'New title',
        body: 'New <b>body</b>',
        labels: ['second', 'third'],
      });
    });

    test('the head of a pull request follows pushes, and isMergeable is null at the first read after a push', async () => {
      await testForge.pushBranch(repository, 'follow', { 'follow.txt': '1' });
      const { number } = await testForge.forge.ensurePull(
        repository.repo,
        createPullSpec('follow'),
      );
      await testForge.forge.readPull(repository.repo, number);
      expect((await testForge.forge.readPull(repository.repo, number)).isMergeable).toBe(true);

      const next = await testForge.pushBranch(
        repository,
        'follow',
        { 'b.txt': '2' },
        await readHead('follow'),
      );

      expect(await testForge.forge.readPull(repository.repo, number)).toMatchObject({
        headSha: next,
        isMergeable: null,
      });
      expect((await testForge.forge.readPull(repository.repo, number)).isMergeable).toBe(true);
    });

    test('a pull request with conflicts is not mergeable', async () => {
      await testForge.pushBranch(repository, 'conflict/base', { 'a.txt': 'base\n' });
      await testForge.pushBranch(repository, 'conflict/head', { 'a.txt': 'head\n' });
      const { number } = await testForge.forge.ensurePull(repository.repo, {
        ...createPullSpec('conflict/head'),
        base: 'conflict/base',
      });

      await testForge.forge.readPull(repository.repo, number);

      expect((await testForge.forge.readPull(repository.repo, number)).isMergeable).toBe(false);
    });

    test('a deleted head branch closes the pull request and prevents reopening', async () => {
      await testForge.pushBranch(repository, 'deleted', { 'deleted.txt': '1' });
      const { number } = await testForge.forge.ensurePull(
        repository.repo,
        createPullSpec('deleted'),
      );

      await testForge.forge.deleteBranch(repository.repo, 'deleted');

      expect((await testForge.forge.readPull(repository.repo, number)).state).toBe('closed');
      const reopen = testForge.forge.reopenPull(repository.repo, number);
      await expect(reopen).rejects.toMatchObject({ kind: 'refused', code: 'cannot_reopen' });
    });

    test('a pull request counts as merged when a person pushes its head into the base, and ensurePull returns this pull request', async () => {
      const sha = await testForge.pushBranch(repository, 'byhand', { 'byhand.txt': '1' });
      await testForge.forge.ensureBranch(repository.repo, 'target', repository.main);
      const { number } = await testForge.forge.ensurePull(repository.repo, {
        ...createPullSpec('byhand'),
        base: 'target',
      });

      await pushWithToken(repository.path, repository.url, ADMIN_TOKEN, `${sha}:refs/heads/target`);

      expect(await testForge.forge.readPull(repository.repo, number)).toMatchObject({
        state: 'merged',
        mergeSha: sha,
      });
      const repeatedPull = await testForge.forge.ensurePull(repository.repo, {
        ...createPullSpec('byhand'),
        base: 'target',
      });
      expect(repeatedPull.number).toBe(number);
    });

    test('listPullsChangedSince returns the latest changes first, and the forge answers an unchanged list with 304', async () => {
      const statuses: number[] = [];
      const client = testForge.createClient('app', async (url, init) => {
        const response = await fetch(url, init);
        if (String(url).includes('/pulls?')) statuses.push(response.status);
        return response;
      });
      testForge.advanceClock(60_000);
      const since = testForge.now();
      await testForge.pushBranch(repository, 'since', { 'since.txt': '1' });
      const { number } = await testForge.forge.ensurePull(repository.repo, createPullSpec('since'));

      const first = await client.listPullsChangedSince(repository.repo, since);
      const second = await client.listPullsChangedSince(repository.repo, since);

      expect(first.map((pull) => pull.number)).toEqual([number]);
      expect(second).toEqual(first);
      expect(statuses).toEqual([200, 304]);
      const all = await client.listPullsChangedSince(repository.repo, 0);
      const dates = all.map((pull) => pull.updatedAt);
      expect(dates).toEqual([...dates].sort((a, b) => b - a));
      testForge.advanceClock(5_000);
      await testForge.forge.postComment(repository.repo, number, 'Hello');
      expect(
        await client.listPullsChangedSince(repository.repo, testForge.now() - 2_000),
      ).toHaveLength(1);
    });

    test('listPullsChangedSince returns more pull requests than a page holds', async () => {
      const sha = await testForge.pushBranch(repository, 'many/0', { 'many.txt': '1' });
      const earlierPulls = await testForge.forge.listPullsChangedSince(repository.repo, 0);
      const heads = Array.from(
        { length: 101 - earlierPulls.length },
        (_, index) => `many/${index}`,
      );
      for (const name of heads) {
        await testForge.forge.ensureBranch(repository.repo, name, sha);
        await testForge.forge.ensurePull(repository.repo, createPullSpec(name));
      }

      const all = await testForge.createClient().listPullsChangedSince(repository.repo, 0);

      expect(all).toHaveLength(101);
      expect(new Set(all.map((pull) => pull.number)).size).toBe(101);
    });

    async function readHead(branch: string): Promise<string> {
      return (await testForge.forge.readBranchHead(repository.repo, branch)) ?? '';
    }
  });
}
