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
    let t: TestForge;
    let r: TestRepository;
    beforeAll(async () => {
      t = await start();
      r = await t.makeRepository('pulls');
    });
    afterAll(() => t.close());

    function wanted(
      head: string,
      change: { readonly draft?: boolean; readonly labels?: string[] } = {},
    ) {
      const title = `Title of ${head}`;
      return { head, base: 'main', title, body: 'Body', draft: false, labels: [], ...change };
    }

    test('ensurePull opens a single pull request for concurrent and repeated calls', async () => {
      const sha = await t.pushBranch(r, 'once', { 'once.txt': '1' });
      const once = wanted('once', { labels: ['smol-gang', 'wave-1'] });

      const all = await Promise.all([
        t.forge.ensurePull(r.repo, once),
        t.createClient().ensurePull(r.repo, once),
      ]);
      const again = await t.forge.ensurePull(r.repo, once);

      expect(new Set([...all, again].map((pull) => pull.number)).size).toBe(1);
      expect(again).toMatchObject({
        title: 'Title of once',
        body: 'Body',
        state: 'open',
        draft: false,
        head: 'once',
        headSha: sha,
        base: 'main',
        labels: ['smol-gang', 'wave-1'],
        author: t.author,
      });
      expect(await t.forge.findPull(r.repo, wanted('once'))).toMatchObject({
        number: again.number,
      });
      expect(await t.forge.findPull(r.repo, { ...wanted('once'), base: 'other' })).toBeUndefined();
    });

    test('the forge answers 422 to a second pull request of the same branches', async () => {
      const token = await t.createPerson('second');

      const { status, body } = await t.call(token, 'POST', `/repos/${r.repo}/pulls`, {
        head: 'once',
        base: 'main',
        title: 'Again',
      });

      expect(status).toBe(422);
      expect(JSON.stringify(body)).toContain('A pull request already exists for acme:once.');
    });

    test('ensurePull rejects a head without commits as no_commits', async () => {
      await t.forge.ensureBranch(r.repo, 'nothing', r.main);

      const opening = t.forge.ensurePull(r.repo, wanted('nothing'));

      await expect(opening).rejects.toMatchObject({ kind: 'refused', code: 'no_commits' });
    });

    test('ensurePull finds a pull request that a person closed, and opens no other', async () => {
      await t.pushBranch(r, 'closed', { 'closed.txt': '1' });
      const { number } = await t.forge.ensurePull(r.repo, wanted('closed'));
      await t.forge.closePull(r.repo, number);

      const again = await t.forge.ensurePull(r.repo, wanted('closed'));

      expect(again).toMatchObject({ number, state: 'closed' });
    });

    test('ensurePull finds a pull request into another base by its labels only', async () => {
      await t.pushBranch(r, 'retargeted', { 'retargeted.txt': '1' });
      await t.forge.ensureBranch(r.repo, 'far', r.main);
      const labels = ['smol-gang', 'wave-1'];
      const wantedInFar = { ...wanted('retargeted', { labels }), base: 'far' };
      const { number } = await t.forge.ensurePull(r.repo, wantedInFar);

      const wantedInMain = wanted('retargeted', { labels: ['smol-gang', 'wave-2'] });
      expect(await t.forge.ensurePull(r.repo, wantedInMain)).toMatchObject({ number, base: 'far' });
      expect(await t.forge.findPull(r.repo, wantedInMain)).toMatchObject({ number, base: 'far' });
      expect(await t.forge.findPull(r.repo, { ...wantedInMain, labels: [] })).toBeUndefined();
      const another = await t.forge.ensurePull(
        r.repo,
        wanted('retargeted', { labels: ['theirs'] }),
      );

      expect(another.number).toBeGreaterThan(number);
      expect(another).toMatchObject({ base: 'main', state: 'open' });
    });

    test('reopenPull rejects a closed pull request while another is open', async () => {
      await t.pushBranch(r, 'beside', { 'beside.txt': '1' });
      const { number } = await t.forge.ensurePull(r.repo, wanted('beside'));
      await t.forge.closePull(r.repo, number);
      const { status } = await t.call(
        await t.createPerson('beside'),
        'POST',
        `/repos/${r.repo}/pulls`,
        {
          head: 'beside',
          base: 'main',
          title: 'By hand',
        },
      );
      expect(status).toBe(201);

      const reopen = t.forge.reopenPull(r.repo, number);

      await expect(reopen).rejects.toMatchObject({ kind: 'refused', code: 'cannot_reopen' });
    });

    test('closePull and reopenPull may be repeated', async () => {
      await t.pushBranch(r, 'again', { 'again.txt': '1' });
      const { number } = await t.forge.ensurePull(r.repo, wanted('again'));

      await t.forge.closePull(r.repo, number);
      await t.forge.closePull(r.repo, number);
      expect((await t.forge.readPull(r.repo, number)).state).toBe('closed');
      await t.forge.reopenPull(r.repo, number);
      await t.forge.reopenPull(r.repo, number);

      expect((await t.forge.readPull(r.repo, number)).state).toBe('open');
    });

    test('markReady and markDraft may be repeated, also by a client without memory', async () => {
      await t.pushBranch(r, 'draft', { 'draft.txt': '1' });
      const pull = await t.forge.ensurePull(r.repo, wanted('draft', { draft: true }));
      expect(pull.draft).toBe(true);

      await t.forge.markReady(r.repo, pull);
      await t.createClient().markReady(r.repo, pull);
      expect((await t.forge.readPull(r.repo, pull.number)).draft).toBe(false);
      await t.forge.markDraft(r.repo, pull);
      await t.createClient().markDraft(r.repo, pull);

      expect((await t.forge.readPull(r.repo, pull.number)).draft).toBe(true);
    });

    test('a repository without drafts gets a marked title until the pull request is ready', async () => {
      await t.call(ADMIN_TOKEN, 'PATCH', `/repos/${r.repo}`, { allow_drafts: false });
      await t.pushBranch(r, 'nodraft', { 'nodraft.txt': '1' });
      const path = `/repos/${r.repo}/pulls`;

      const pull = await t.forge.ensurePull(r.repo, wanted('nodraft', { draft: true }));
      expect(pull).toMatchObject({ draft: true, title: 'Title of nodraft' });
      const raw = await t.call(ADMIN_TOKEN, 'GET', `${path}/${pull.number}`);
      expect(raw.body).toMatchObject({ title: '[not ready] Title of nodraft', draft: false });

      await t.forge.updatePull(r.repo, pull.number, { title: 'Better' });
      expect(await t.forge.readPull(r.repo, pull.number)).toMatchObject({
        title: 'Better',
        draft: true,
      });
      await t.forge.markReady(r.repo, pull);
      expect((await t.call(ADMIN_TOKEN, 'GET', `${path}/${pull.number}`)).body).toMatchObject({
        title: 'Better',
      });
      await t.forge.markDraft(r.repo, pull);
      await t.forge.markDraft(r.repo, pull);
      expect((await t.call(ADMIN_TOKEN, 'GET', `${path}/${pull.number}`)).body).toMatchObject({
        title: '[not ready] Better',
      });
      await t.call(ADMIN_TOKEN, 'PATCH', `/repos/${r.repo}`, { allow_drafts: true });
    });

    test('updatePull changes title, body and labels separately', async () => {
      await t.pushBranch(r, 'edit', { 'edit.txt': '1' });
      const { number } = await t.forge.ensurePull(r.repo, wanted('edit', { labels: ['first'] }));

      await t.forge.updatePull(r.repo, number, { title: 'New title' });
      await t.forge.updatePull(r.repo, number, { body: 'New <b>body</b>' });
      await t.forge.updatePull(r.repo, number, { labels: ['second', 'third'] });

      expect(await t.forge.readPull(r.repo, number)).toMatchObject({
        title: 'New title',
        body: 'New <b>body</b>',
        labels: ['second', 'third'],
      });
    });

    test('the head of a pull request follows pushes, and mergeable is null at the first read after a push', async () => {
      await t.pushBranch(r, 'follow', { 'follow.txt': '1' });
      const { number } = await t.forge.ensurePull(r.repo, wanted('follow'));
      await t.forge.readPull(r.repo, number);
      expect((await t.forge.readPull(r.repo, number)).mergeable).toBe(true);

      const next = await t.pushBranch(r, 'follow', { 'b.txt': '2' }, await head('follow'));

      expect(await t.forge.readPull(r.repo, number)).toMatchObject({
        headSha: next,
        mergeable: null,
      });
      expect((await t.forge.readPull(r.repo, number)).mergeable).toBe(true);
    });

    test('a pull request with conflicts is not mergeable', async () => {
      await t.pushBranch(r, 'conflict/base', { 'a.txt': 'base\n' });
      await t.pushBranch(r, 'conflict/head', { 'a.txt': 'head\n' });
      const { number } = await t.forge.ensurePull(r.repo, {
        ...wanted('conflict/head'),
        base: 'conflict/base',
      });

      await t.forge.readPull(r.repo, number);

      expect((await t.forge.readPull(r.repo, number)).mergeable).toBe(false);
    });

    test('a deleted head branch closes the pull request and prevents reopening', async () => {
      await t.pushBranch(r, 'deleted', { 'deleted.txt': '1' });
      const { number } = await t.forge.ensurePull(r.repo, wanted('deleted'));

      await t.forge.deleteBranch(r.repo, 'deleted');

      expect((await t.forge.readPull(r.repo, number)).state).toBe('closed');
      const reopen = t.forge.reopenPull(r.repo, number);
      await expect(reopen).rejects.toMatchObject({ kind: 'refused', code: 'cannot_reopen' });
    });

    test('a head that a person pushes into the base is merged, and ensurePull finds the pull request', async () => {
      const sha = await t.pushBranch(r, 'byhand', { 'byhand.txt': '1' });
      await t.forge.ensureBranch(r.repo, 'target', r.main);
      const { number } = await t.forge.ensurePull(r.repo, { ...wanted('byhand'), base: 'target' });

      await pushWithToken(r.path, r.url, ADMIN_TOKEN, `${sha}:refs/heads/target`);

      expect(await t.forge.readPull(r.repo, number)).toMatchObject({
        state: 'merged',
        mergeSha: sha,
      });
      const again = await t.forge.ensurePull(r.repo, { ...wanted('byhand'), base: 'target' });
      expect(again.number).toBe(number);
    });

    test('pullsChangedSince returns changes newest first, and an unchanged list is answered with 304', async () => {
      const statuses: number[] = [];
      const watching = t.createClient('app', async (url, init) => {
        const response = await fetch(url, init);
        if (String(url).includes('/pulls?')) statuses.push(response.status);
        return response;
      });
      t.advanceClock(60_000);
      const since = t.now();
      await t.pushBranch(r, 'since', { 'since.txt': '1' });
      const { number } = await t.forge.ensurePull(r.repo, wanted('since'));

      const first = await watching.listPullsChangedSince(r.repo, since);
      const second = await watching.listPullsChangedSince(r.repo, since);

      expect(first.map((pull) => pull.number)).toEqual([number]);
      expect(second).toEqual(first);
      expect(statuses).toEqual([200, 304]);
      const all = await watching.listPullsChangedSince(r.repo, 0);
      const dates = all.map((pull) => pull.updatedAt);
      expect(dates).toEqual([...dates].sort((a, b) => b - a));
      t.advanceClock(5_000);
      await t.forge.postComment(r.repo, number, 'Hello');
      expect(await watching.listPullsChangedSince(r.repo, t.now() - 2_000)).toHaveLength(1);
    });

    test('pullsChangedSince returns more changes than a page holds', async () => {
      const sha = await t.pushBranch(r, 'many/0', { 'many.txt': '1' });
      const before = await t.forge.listPullsChangedSince(r.repo, 0);
      const heads = Array.from({ length: 101 - before.length }, (_, n) => `many/${n}`);
      for (const name of heads) {
        await t.forge.ensureBranch(r.repo, name, sha);
        await t.forge.ensurePull(r.repo, wanted(name));
      }

      const all = await t.createClient().listPullsChangedSince(r.repo, 0);

      expect(all).toHaveLength(101);
      expect(new Set(all.map((pull) => pull.number)).size).toBe(101);
    });

    async function head(branch: string): Promise<string> {
      return (await t.forge.readBranchHead(r.repo, branch)) ?? '';
    }
  });
}
