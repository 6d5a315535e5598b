import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { TestForge, TestRepository } from '../support/forge/test-forge.ts';
import { ADMIN_TOKEN } from '../support/forge/test-forge.ts';
import { runGit } from '../support/workspace/git.ts';
import type { KnownGaps } from './known-gaps.ts';
import { createGapAwareTest } from './known-gaps.ts';

const METHOD = { title: 'Merge it', message: 'Because.', method: 'merge' } as const;

export function describeForgeMerges(
  name: string,
  start: () => Promise<TestForge>,
  lacks: KnownGaps = {},
): void {
  const test = createGapAwareTest(lacks);
  describe(`${name}: merging`, () => {
    let t: TestForge;
    let r: TestRepository;
    beforeAll(async () => {
      t = await start();
      r = await t.makeRepository('merges');
    });
    afterAll(() => t.close());

    /** A pull request of `head` into a new branch `into-<head>`, whose mergeability is known. */
    async function open(head: string, draft = false) {
      const sha = await t.pushBranch(r, head, { [`${head}.txt`]: head });
      const base = `into-${head}`;
      await t.forge.ensureBranch(r.repo, base, r.main);
      const ask = { head, base, title: head, body: '', draft, labels: [] };
      const { number, nodeId } = await t.forge.ensurePull(r.repo, ask);
      await t.forge.readPull(r.repo, number);
      return { number, nodeId, sha, base };
    }

    test('merges with a merge commit, and says the same when it is repeated', async () => {
      const { number, sha, base } = await open('plain');

      const outcome = await t.forge.mergePull(r.repo, number, { sha, ...METHOD });
      const again = await t.createClient().mergePull(r.repo, number, { sha, ...METHOD });

      expect(outcome.kind).toBe('merged');
      expect(again).toEqual(outcome);
      const pull = await t.forge.readPull(r.repo, number);
      expect(pull).toMatchObject({ state: 'merged', headSha: sha });
      expect(await t.forge.readBranchHead(r.repo, base)).toBe(pull.mergeSha);
      await runGit(r.path, ['fetch', '--quiet', `${t.dataDir}/repos/${r.repo}.git`, base]);
      const log = await runGit(r.path, ['log', '-1', '--format=%P%n%B', 'FETCH_HEAD']);
      expect(log.trim()).toBe(`${r.main} ${sha}\nMerge it\n\nBecause.`);
    });

    test('squashes into one commit with one parent', async () => {
      const { number, sha, base } = await open('squash');

      const outcome = await t.forge.mergePull(r.repo, number, {
        ...METHOD,
        sha,
        method: 'squash',
      });

      expect(outcome.kind).toBe('merged');
      const comparison = await t.forge.compareCommits(r.repo, r.main, (await head(base)) ?? '');
      expect(comparison).toMatchObject({ aheadBy: 1, files: [{ path: 'squash.txt' }] });
    });

    test('says headMoved when the head is another commit, and merges nothing', async () => {
      const { number, sha, base } = await open('moved');
      await t.pushBranch(r, 'moved', { 'late.txt': '1' }, sha);

      expect(await t.forge.mergePull(r.repo, number, { sha, ...METHOD })).toEqual({
        kind: 'headMoved',
      });
      expect(await head(base)).toBe(r.main);
    });

    test('says notMergeable while mergeability is not computed, and merges when asked again', async () => {
      const { number, sha, base } = await open('early');
      const other = await t.pushBranch(r, 'other', { 'other.txt': '1' });
      await t.forge.moveBranch(r.repo, base, other);

      const first = await t.forge.mergePull(r.repo, number, { sha, ...METHOD });
      const second = await t.forge.mergePull(r.repo, number, { sha, ...METHOD });

      expect(first).toMatchObject({ kind: 'notMergeable' });
      expect(second).toMatchObject({ kind: 'merged' });
    });

    test('says notMergeable for a draft, a conflict and a closed one', async () => {
      const draft = await open('still-draft', true);
      const conflict = await open('conflict');
      const other = await t.pushBranch(r, 'other-conflict', { 'conflict.txt': 'else' });
      await t.forge.moveBranch(r.repo, conflict.base, other);
      await t.forge.readPull(r.repo, conflict.number);
      const closed = await open('shut');
      await t.forge.closePull(r.repo, closed.number);

      for (const { number, sha } of [draft, conflict, closed]) {
        const outcome = await t.forge.mergePull(r.repo, number, { sha, ...METHOD });
        expect(outcome).toMatchObject({ kind: 'notMergeable' });
      }
      await t.forge.markReady(r.repo, draft);
      const { number, sha } = draft;
      expect(await t.forge.mergePull(r.repo, number, { sha, ...METHOD })).toMatchObject({
        kind: 'merged',
      });
    });

    test('names the rule that refuses a merge', async () => {
      const { number, sha, base } = await open('ruled');
      await t.call(ADMIN_TOKEN, 'POST', `/repos/${r.repo}/rulesets`, {
        name: 'two eyes',
        enforcement: 'active',
        conditions: { ref_name: { include: [`refs/heads/${base}`] } },
        rules: [{ type: 'pull_request', parameters: { required_approving_review_count: 1 } }],
      });

      const refused = await t.forge.mergePull(r.repo, number, { sha, ...METHOD });
      expect(refused).toMatchObject({
        kind: 'notMergeable',
        message: expect.stringContaining('At least 1 approving review is required'),
      });
      const reviewer = await t.createPerson('approver');
      await t.call(reviewer, 'POST', `/repos/${r.repo}/pulls/${number}/reviews`, {
        event: 'APPROVE',
      });

      expect(await t.forge.mergePull(r.repo, number, { sha, ...METHOD })).toMatchObject({
        kind: 'merged',
      });
    });

    test('refuses a method that the repository does not allow', async () => {
      const { number, sha } = await open('method');
      await t.call(ADMIN_TOKEN, 'PATCH', `/repos/${r.repo}`, { allow_squash_merge: false });

      const outcome = await t.forge.mergePull(r.repo, number, { ...METHOD, sha, method: 'squash' });

      expect(outcome).toMatchObject({ message: expect.stringContaining('Squash merges') });
      expect((await t.forge.readRepository(r.repo)).mergeMethods).toEqual(['merge']);
    });

    test('judges a conflict on a scratch branch that is gone afterwards', async () => {
      const one = await t.pushBranch(r, 'one', { 'a.txt': 'one\n' });
      const two = await t.pushBranch(r, 'two', { 'a.txt': 'two\n' });
      const three = await t.pushBranch(r, 'three', { 'c.txt': 'three\n' });
      // Left behind by a call that was killed.
      await t.forge.ensureBranch(r.repo, 'scratch/x', two);

      expect(await t.forge.tryMerge(r.repo, one, two, 'scratch/x')).toBe('conflict');
      expect(await t.forge.tryMerge(r.repo, one, three, 'scratch/x')).toBe('clean');
      expect(await t.forge.tryMerge(r.repo, one, r.main, 'scratch/x')).toBe('clean');

      expect(await head('scratch/x')).toBeUndefined();
      expect(await head('one')).toBe(one);
    });

    function head(branch: string): Promise<string | undefined> {
      return t.forge.readBranchHead(r.repo, branch);
    }
  });
}
