import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { TestForge, TestRepository } from '../support/forge/test-forge.ts';
import { ADMIN_TOKEN } from '../support/forge/test-forge.ts';
import { runGit } from '../support/workspace/git.ts';
import type { KnownDifferences } from './known-differences.ts';
import { createTest } from './known-differences.ts';

const METHOD = { title: 'Merge it', message: 'Because.', method: 'merge' } as const;

/** Tests the merge methods of the forge port. */
export function describeForgeMerges(
  name: string,
  start: () => Promise<TestForge>,
  differences: KnownDifferences = {},
): void {
  const test = createTest(differences);
  describe(`${name}: merging`, () => {
    let t: TestForge;
    let r: TestRepository;
    beforeAll(async () => {
      t = await start();
      r = await t.makeRepository('merges');
    });
    afterAll(() => t.close());

    /** Opens a pull request of `head` into a new branch `into-<head>`, and reads until mergeability is known. */
    async function open(head: string, draft = false) {
      const sha = await t.pushBranch(r, head, { [`${head}.txt`]: head });
      const base = `into-${head}`;
      await t.forge.ensureBranch(r.repo, base, r.main);
      const wanted = { head, base, title: head, body: '', draft, labels: [] };
      const { number, nodeId } = await t.forge.ensurePull(r.repo, wanted);
      await t.forge.readPull(r.repo, number);
      return { number, nodeId, sha, base };
    }

    test('mergePull creates a merge commit, and a repeated call returns the same result', async () => {
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

    test('mergePull squashes into a single commit with a single parent', async () => {
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

    test('mergePull returns headMoved for another head commit, and merges nothing', async () => {
      const { number, sha, base } = await open('moved');
      await t.pushBranch(r, 'moved', { 'late.txt': '1' }, sha);

      expect(await t.forge.mergePull(r.repo, number, { sha, ...METHOD })).toEqual({
        kind: 'headMoved',
      });
      expect(await head(base)).toBe(r.main);
    });

    test('mergePull returns notMergeable while mergeability is unknown, and a later call merges', async () => {
      const { number, sha, base } = await open('early');
      const other = await t.pushBranch(r, 'other', { 'other.txt': '1' });
      await t.forge.moveBranch(r.repo, base, other);

      const first = await t.forge.mergePull(r.repo, number, { sha, ...METHOD });
      const second = await t.forge.mergePull(r.repo, number, { sha, ...METHOD });

      expect(first).toMatchObject({ kind: 'notMergeable' });
      expect(second).toMatchObject({ kind: 'merged' });
    });

    test('mergePull returns notMergeable for a draft, a conflict and a closed pull request', async () => {
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

    test('mergePull names the rule that refuses a merge', async () => {
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

    test('mergePull names a merge method that the repository does not allow', async () => {
      const { number, sha } = await open('method');
      await t.call(ADMIN_TOKEN, 'PATCH', `/repos/${r.repo}`, { allow_squash_merge: false });

      const outcome = await t.forge.mergePull(r.repo, number, { ...METHOD, sha, method: 'squash' });

      expect(outcome).toMatchObject({ message: expect.stringContaining('Squash merges') });
      expect((await t.forge.readRepository(r.repo)).mergeMethods).toEqual(['merge']);
    });

    test('tryMerge detects a conflict and leaves no scratch branch', async () => {
      const base = await t.pushBranch(r, 'base', { 'a.txt': 'base\n' });
      const rival = await t.pushBranch(r, 'rival', { 'a.txt': 'rival\n' });
      const other = await t.pushBranch(r, 'unrelated', { 'c.txt': 'other\n' });
      // A killed call left its scratch branch behind.
      await t.forge.ensureBranch(r.repo, 'scratch/x', rival);

      expect(await t.forge.tryMerge(r.repo, base, rival, 'scratch/x')).toBe('conflict');
      expect(await t.forge.tryMerge(r.repo, base, other, 'scratch/x')).toBe('clean');
      expect(await t.forge.tryMerge(r.repo, base, r.main, 'scratch/x')).toBe('clean');

      expect(await head('scratch/x')).toBeUndefined();
      expect(await head('base')).toBe(base);
    });

    function head(branch: string): Promise<string | undefined> {
      return t.forge.readBranchHead(r.repo, branch);
    }
  });
}
