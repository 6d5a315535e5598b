import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { TestForge, TestRepository } from '../support/forge/test-forge.ts';
import { ADMIN_TOKEN } from '../support/forge/test-forge.ts';
import { pushWithToken } from '../support/workspace/git.ts';
import type { KnownGaps } from './known-gaps.ts';
import { createGapAwareTest } from './known-gaps.ts';

export function describeForgePulls(
  name: string,
  start: () => Promise<TestForge>,
  lacks: KnownGaps = {},
): void {
  const test = createGapAwareTest(lacks);
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
      more: { readonly draft?: boolean; readonly labels?: string[] } = {},
    ) {
      const title = `Title of ${head}`;
      return { head, base: 'main', title, body: 'Body', draft: false, labels: [], ...more };
    }

    test('opens one pull request however often it is asked', async () => {
      const sha = await t.pushBranch(r, 'once', { 'once.txt': '1' });
      const ask = wanted('once', { labels: ['smol-gang', 'wave-1'] });

      const all = await Promise.all([
        t.forge.ensurePull(r.repo, ask),
        t.createClient().ensurePull(r.repo, ask),
      ]);
      const again = await t.forge.ensurePull(r.repo, ask);

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

    test('a second pull request for the same branches is a 422 on the wire', async () => {
      const token = await t.createPerson('second');

      const { status, body } = await t.call(token, 'POST', `/repos/${r.repo}/pulls`, {
        head: 'once',
        base: 'main',
        title: 'Again',
      });

      expect(status).toBe(422);
      expect(JSON.stringify(body)).toContain('A pull request already exists for acme:once.');
    });

    test('refuses with no_commits when head has nothing on base', async () => {
      await t.forge.ensureBranch(r.repo, 'nothing', r.main);

      const ask = t.forge.ensurePull(r.repo, wanted('nothing'));

      await expect(ask).rejects.toMatchObject({ kind: 'refused', code: 'no_commits' });
    });

    test('one that a person closed is found, and not opened a second time', async () => {
      await t.pushBranch(r, 'closed', { 'closed.txt': '1' });
      const { number } = await t.forge.ensurePull(r.repo, wanted('closed'));
      await t.forge.closePull(r.repo, number);

      const again = await t.forge.ensurePull(r.repo, wanted('closed'));

      expect(again).toMatchObject({ number, state: 'closed' });
    });

    test('one that goes elsewhere is known by its labels, and others are not taken for it', async () => {
      await t.pushBranch(r, 'strayed', { 'strayed.txt': '1' });
      await t.forge.ensureBranch(r.repo, 'far', r.main);
      const labels = ['smol-gang', 'wave-1'];
      const far = { ...wanted('strayed', { labels }), base: 'far' };
      const { number } = await t.forge.ensurePull(r.repo, far);

      const ours = wanted('strayed', { labels: ['smol-gang', 'wave-2'] });
      expect(await t.forge.ensurePull(r.repo, ours)).toMatchObject({ number, base: 'far' });
      expect(await t.forge.findPull(r.repo, ours)).toMatchObject({ number, base: 'far' });
      expect(await t.forge.findPull(r.repo, { ...ours, labels: [] })).toBeUndefined();
      const another = await t.forge.ensurePull(r.repo, wanted('strayed', { labels: ['mine'] }));

      expect(another.number).toBeGreaterThan(number);
      expect(another).toMatchObject({ base: 'main', state: 'open' });
    });

    test('a closed one beside an open one is not opened again', async () => {
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

    test('closes and reopens, each also twice', async () => {
      await t.pushBranch(r, 'again', { 'again.txt': '1' });
      const { number } = await t.forge.ensurePull(r.repo, wanted('again'));

      await t.forge.closePull(r.repo, number);
      await t.forge.closePull(r.repo, number);
      expect((await t.forge.readPull(r.repo, number)).state).toBe('closed');
      await t.forge.reopenPull(r.repo, number);
      await t.forge.reopenPull(r.repo, number);

      expect((await t.forge.readPull(r.repo, number)).state).toBe('open');
    });

    test('draft and ready, each also twice and from a client that remembers nothing', async () => {
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

    test('where drafts are refused the title says so, until it is ready', async () => {
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

    test('changes title, body and labels, each alone', async () => {
      await t.pushBranch(r, 'edit', { 'edit.txt': '1' });
      const { number } = await t.forge.ensurePull(r.repo, wanted('edit', { labels: ['one'] }));

      await t.forge.updatePull(r.repo, number, { title: 'New title' });
      await t.forge.updatePull(r.repo, number, { body: 'New <b>body</b>' });
      await t.forge.updatePull(r.repo, number, { labels: ['two', 'three'] });

      expect(await t.forge.readPull(r.repo, number)).toMatchObject({
        title: 'New title',
        body: 'New <b>body</b>',
        labels: ['two', 'three'],
      });
    });

    test('the head follows pushes, and mergeable is null at the first read after each', async () => {
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

    test('a pull request that conflicts is not mergeable', async () => {
      await t.pushBranch(r, 'conflict/base', { 'a.txt': 'base\n' });
      await t.pushBranch(r, 'conflict/head', { 'a.txt': 'head\n' });
      const { number } = await t.forge.ensurePull(r.repo, {
        ...wanted('conflict/head'),
        base: 'conflict/base',
      });

      await t.forge.readPull(r.repo, number);

      expect((await t.forge.readPull(r.repo, number)).mergeable).toBe(false);
    });

    test('deleting the head branch closes, and it cannot be reopened then', async () => {
      await t.pushBranch(r, 'deleted', { 'deleted.txt': '1' });
      const { number } = await t.forge.ensurePull(r.repo, wanted('deleted'));

      await t.forge.deleteBranch(r.repo, 'deleted');

      expect((await t.forge.readPull(r.repo, number)).state).toBe('closed');
      const reopen = t.forge.reopenPull(r.repo, number);
      await expect(reopen).rejects.toMatchObject({ kind: 'refused', code: 'cannot_reopen' });
    });

    test('a head that a person pushes into base is merged, and found again', async () => {
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

    test('tells what changed since, newest first, and an unchanged list is not sent again', async () => {
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

    test('tells of more changes than a page holds', async () => {
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
