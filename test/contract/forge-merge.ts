import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { TestForge, TestRepository } from '../support/forge/test-forge.ts';
import { ADMIN_TOKEN } from '../support/forge/test-forge.ts';
import { runGit } from '../support/workspace/git.ts';
import type { KnownDifferences } from './known-differences.ts';
import { createTest } from './known-differences.ts';

const MERGE = { title: 'Merge it', message: 'Because.', method: 'merge' } as const;

/** Tests the merge methods of the forge port. */
export function describeForgeMerges(
  name: string,
  start: () => Promise<TestForge>,
  differences: KnownDifferences = {},
): void {
  const test = createTest(differences);
  describe(`${name}: merging`, () => {
    let testForge: TestForge;
    let repository: TestRepository;
    beforeAll(async () => {
      testForge = await start();
      repository = await testForge.makeRepository('merges');
    });
    afterAll(() => testForge.close());

    /**
     * Opens a pull request from `head` into a new branch `into-<head>`. Reads the pull request once, so that the forge knows its
     * mergeability at the next call.
     */
    async function openPull(head: string, draft = false) {
      const sha = await testForge.pushBranch(repository, head, { [`${head}.txt`]: head });
      const base = `into-${head}`;
      await testForge.forge.ensureBranch(repository.repo, base, repository.main);
      const pullSpec = { head, base, title: head, body: '', draft, labels: [] };
      const { number, nodeId } = await testForge.forge.ensurePull(repository.repo, pullSpec);
      await testForge.forge.readPull(repository.repo, number);
      return { number, nodeId, sha, base };
    }

    test('mergePull creates a merge commit, and a repeated call returns the same result', async () => {
      const { number, sha, base } = await openPull('plain');

      const outcome = await testForge.forge.mergePull(repository.repo, number, { sha, ...MERGE });
      const repeatedOutcome = await testForge
        .createClient()
        .mergePull(repository.repo, number, { sha, ...MERGE });

      expect(outcome.kind).toBe('merged');
      expect(repeatedOutcome).toEqual(outcome);
      const pull = await testForge.forge.readPull(repository.repo, number);
      expect(pull).toMatchObject({ state: 'merged', headSha: sha });
      expect(await testForge.forge.readBranchHead(repository.repo, base)).toBe(pull.mergeSha);
      await runGit(repository.path, [
        'fetch',
        '--quiet',
        `${testForge.dataDir}/repos/${repository.repo}.git`,
        base,
      ]);
      const log = await runGit(repository.path, ['log', '-1', '--format=%P%n%B', 'FETCH_HEAD']);
      expect(log.trim()).toBe(`${repository.main} ${sha}\nMerge it\n\nBecause.`);
    });

    test('mergePull with the method squash creates a single commit with a single parent', async () => {
      const { number, sha, base } = await openPull('squash');

      const outcome = await testForge.forge.mergePull(repository.repo, number, {
        ...MERGE,
        sha,
        method: 'squash',
      });

      expect(outcome.kind).toBe('merged');
      const comparison = await testForge.forge.compareCommits(
        repository.repo,
        repository.main,
        (await readHead(base)) ?? '',
      );
      expect(comparison).toMatchObject({ aheadBy: 1, files: [{ path: 'squash.txt' }] });
    });

    test('mergePull returns headMoved and merges nothing if the head is another commit', async () => {
      const { number, sha, base } = await openPull('moved');
      await testForge.pushBranch(repository, 'moved', { 'late.txt': '1' }, sha);

      expect(await testForge.forge.mergePull(repository.repo, number, { sha, ...MERGE })).toEqual({
        kind: 'headMoved',
      });
      expect(await readHead(base)).toBe(repository.main);
    });

    test('mergePull returns notMergeable while mergeability is unknown, and a later call merges', async () => {
      const { number, sha, base } = await openPull('early');
      const other = await testForge.pushBranch(repository, 'other', { 'other.txt': '1' });
      await testForge.forge.moveBranch(repository.repo, base, other);

      const first = await testForge.forge.mergePull(repository.repo, number, { sha, ...MERGE });
      const second = await testForge.forge.mergePull(repository.repo, number, { sha, ...MERGE });

      expect(first).toMatchObject({ kind: 'notMergeable' });
      expect(second).toMatchObject({ kind: 'merged' });
    });

    test('mergePull returns notMergeable for a draft, a conflict and a closed pull request', async () => {
      const draft = await openPull('still-draft', true);
      const conflict = await openPull('conflict');
      const other = await testForge.pushBranch(repository, 'other-conflict', {
        'conflict.txt': 'else',
      });
      await testForge.forge.moveBranch(repository.repo, conflict.base, other);
      await testForge.forge.readPull(repository.repo, conflict.number);
      const closed = await openPull('shut');
      await testForge.forge.closePull(repository.repo, closed.number);

      for (const { number, sha } of [draft, conflict, closed]) {
        const outcome = await testForge.forge.mergePull(repository.repo, number, { sha, ...MERGE });
        expect(outcome).toMatchObject({ kind: 'notMergeable' });
      }
      await testForge.forge.markReady(repository.repo, draft);
      const { number, sha } = draft;
      expect(
        await testForge.forge.mergePull(repository.repo, number, { sha, ...MERGE }),
      ).toMatchObject({
        kind: 'merged',
      });
    });

    test('mergePull names the rule that refuses a merge', async () => {
      const { number, sha, base } = await openPull('ruled');
      await testForge.call(ADMIN_TOKEN, 'POST', `/repos/${repository.repo}/rulesets`, {
        name: 'two eyes',
        enforcement: 'active',
        conditions: { ref_name: { include: [`refs/heads/${base}`] } },
        rules: [{ type: 'pull_request', parameters: { required_approving_review_count: 1 } }],
      });

      const outcome = await testForge.forge.mergePull(repository.repo, number, { sha, ...MERGE });
      expect(outcome).toMatchObject({
        kind: 'notMergeable',
        message: expect.stringContaining('At least 1 approving review is required'),
      });
      const reviewer = await testForge.createPerson('approver');
      await testForge.call(reviewer, 'POST', `/repos/${repository.repo}/pulls/${number}/reviews`, {
        event: 'APPROVE',
      });

      expect(
        await testForge.forge.mergePull(repository.repo, number, { sha, ...MERGE }),
      ).toMatchObject({
        kind: 'merged',
      });
    });

    test('mergePull names a merge method that the repository does not allow', async () => {
      const { number, sha } = await openPull('method');
      await testForge.call(ADMIN_TOKEN, 'PATCH', `/repos/${repository.repo}`, {
        allow_squash_merge: false,
      });

      const outcome = await testForge.forge.mergePull(repository.repo, number, {
        ...MERGE,
        sha,
        method: 'squash',
      });

      expect(outcome).toMatchObject({ message: expect.stringContaining('Squash merges') });
      expect((await testForge.forge.readRepository(repository.repo)).mergeMethods).toEqual([
        'merge',
      ]);
    });

    test('tryMerge detects a conflict and deletes its scratch branch', async () => {
      const base = await testForge.pushBranch(repository, 'base', { 'a.txt': 'base\n' });
      const rival = await testForge.pushBranch(repository, 'rival', { 'a.txt': 'rival\n' });
      const other = await testForge.pushBranch(repository, 'unrelated', { 'c.txt': 'other\n' });
      // Simulates the scratch branch that an interrupted call left.
      await testForge.forge.ensureBranch(repository.repo, 'scratch/x', rival);

      expect(await testForge.forge.tryMerge(repository.repo, base, rival, 'scratch/x')).toBe(
        'conflict',
      );
      expect(await testForge.forge.tryMerge(repository.repo, base, other, 'scratch/x')).toBe(
        'clean',
      );
      expect(
        await testForge.forge.tryMerge(repository.repo, base, repository.main, 'scratch/x'),
      ).toBe('clean');

      expect(await readHead('scratch/x')).toBeUndefined();
      expect(await readHead('base')).toBe(base);
    });

    function readHead(branch: string): Promise<string | undefined> {
      return testForge.forge.readBranchHead(repository.repo, branch);
    }
  });
}
