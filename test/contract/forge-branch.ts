import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { TestForge, TestRepository } from '../support/forge/test-forge.ts';
import { runGit } from '../support/workspace/git.ts';
import type { KnownDifferences } from './known-differences.ts';
import { createTest } from './known-differences.ts';

const MISSING = 'f'.repeat(40);

/** Tests the repository, branch and commit methods of the forge port. */
export function describeForgeBranches(
  name: string,
  start: () => Promise<TestForge>,
  differences: KnownDifferences = {},
): void {
  const test = createTest(differences);
  describe(`${name}: repository, branches, commits`, () => {
    let t: TestForge;
    let r: TestRepository;
    beforeAll(async () => {
      t = await start();
      r = await t.makeRepository('branches', {
        'README.md': '# Häuser\n',
        'src/deep/file.ts': 'export {};\n',
        'binary.dat': 'a\0b',
      });
    });
    afterAll(() => t.close());

    test('repository returns name, default branch, merge methods and permissions', async () => {
      const facts = await t.forge.readRepository(r.repo);

      expect(facts).toMatchObject({
        name: r.repo,
        defaultBranch: 'main',
        archived: false,
        mergeMethods: expect.arrayContaining(['merge', 'squash']),
        permissions: { push: true, pull: true },
      });
      expect(facts.cloneUrl).toBe(r.url);
      expect(facts.sizeKb).toBeTypeOf('number');
    });

    test('repository rejects a missing repository as notFound', async () => {
      await expect(t.forge.readRepository('acme/nothing')).rejects.toMatchObject({
        kind: 'notFound',
      });
    });

    test('branchHead returns the commit of a branch, and undefined for a missing branch', async () => {
      expect(await t.forge.readBranchHead(r.repo, 'main')).toBe(r.main);
      expect(await t.forge.readBranchHead(r.repo, 'no/such')).toBeUndefined();
    });

    test('branchHead returns undefined in an empty repository', async () => {
      await t.controlForge('POST', '/repositories', { name: 'acme/empty' });

      expect(await t.forge.readBranchHead('acme/empty', 'main')).toBeUndefined();
      expect(await t.forge.hasCommit('acme/empty', MISSING)).toBe(false);
    });

    test('ensureBranch creates a branch once and leaves an existing branch alone', async () => {
      const commit = await t.pushBranch(r, 'side', { 'side.txt': '1' });

      expect(await t.forge.ensureBranch(r.repo, 'smol/p-r1/root', r.main)).toBe(r.main);
      expect(await t.forge.ensureBranch(r.repo, 'smol/p-r1/root', commit)).toBe(r.main);
      expect(await t.forge.readBranchHead(r.repo, 'smol/p-r1/root')).toBe(r.main);
    });

    test('ensureBranch rejects a missing commit', async () => {
      const creation = t.forge.ensureBranch(r.repo, 'smol/lost', MISSING);

      await expect(creation).rejects.toMatchObject({ kind: 'notFound', code: 'commit_missing' });
    });

    test('ensureBranch rejects a branch below another branch', async () => {
      const creation = t.forge.ensureBranch(r.repo, 'main/below', r.main);

      await expect(creation).rejects.toMatchObject({ kind: 'refused', code: 'branch_clash' });
    });

    test('moveBranch moves a branch forward only', async () => {
      const second = await t.pushBranch(r, 'tip', { 'tip.txt': '2' });
      await t.forge.ensureBranch(r.repo, 'smol/moving', r.main);

      expect(await t.forge.moveBranch(r.repo, 'smol/moving', second)).toBe('moved');
      expect(await t.forge.moveBranch(r.repo, 'smol/moving', second)).toBe('moved');
      expect(await t.forge.moveBranch(r.repo, 'smol/moving', r.main)).toBe('diverged');
      expect(await t.forge.readBranchHead(r.repo, 'smol/moving')).toBe(second);
      await expect(t.forge.moveBranch(r.repo, 'smol/none', second)).rejects.toMatchObject({
        kind: 'notFound',
      });
    });

    test('deleteBranch deletes a branch, also twice', async () => {
      await t.forge.ensureBranch(r.repo, 'smol/gone', r.main);

      await t.forge.deleteBranch(r.repo, 'smol/gone');
      await t.forge.deleteBranch(r.repo, 'smol/gone');

      expect(await t.forge.readBranchHead(r.repo, 'smol/gone')).toBeUndefined();
    });

    test('listBranches returns all branches of a prefix over several pages, packed branches included', async () => {
      const names = Array.from({ length: 104 }, (_, i) => `many/${String(i).padStart(3, '0')}`);
      for (const branch of names) await runGit(r.path, ['branch', branch, r.main]);
      await runGit(r.path, [
        'push',
        '--quiet',
        `${t.dataDir}/repos/${r.repo}.git`,
        'refs/heads/many/*:refs/heads/many/*',
      ]);
      await runGit(`${t.dataDir}/repos/${r.repo}.git`, ['pack-refs', '--all']);
      await t.forge.ensureBranch(r.repo, 'many/loose', r.main);

      const found = await t.forge.listBranches(r.repo, 'many/');

      expect(found.map((branch) => branch.name)).toEqual([...names, 'many/loose']);
      expect(new Set(found.map(({ sha }) => sha))).toEqual(new Set([r.main]));
      expect(await t.forge.listBranches(r.repo, 'nothing/')).toEqual([]);
    });

    test('hasCommit tells existing commits from missing commits', async () => {
      expect(await t.forge.hasCommit(r.repo, r.main)).toBe(true);
      expect(await t.forge.hasCommit(r.repo, MISSING)).toBe(false);
    });

    test('compare starts at the merge base and returns renames and counts', async () => {
      await runGit(r.path, ['checkout', '--quiet', '--detach', r.main]);
      await runGit(r.path, ['mv', 'README.md', 'READ.md']);
      const head = await t.pushBranch(r, 'compare/head', { 'new.txt': 'one\ntwo\n' });
      const base = await t.pushBranch(r, 'compare/base', { 'other.txt': 'x\n' });

      const answer = await t.forge.compareCommits(r.repo, base, head);

      expect(answer).toMatchObject({ aheadBy: 1, behindBy: 1, mergeBase: r.main });
      expect(answer.files).toEqual([
        { path: 'READ.md', status: 'renamed', additions: 0, deletions: 0 },
        { path: 'README.md', status: 'removed', additions: 0, deletions: 0 },
        { path: 'new.txt', status: 'added', additions: 2, deletions: 0 },
      ]);
    });

    test('compare returns at most 300 files', async () => {
      const files = Object.fromEntries(Array.from({ length: 310 }, (_, i) => [`n/${i}.txt`, 'x']));
      const head = await t.pushBranch(r, 'compare/many', files);

      expect((await t.forge.compareCommits(r.repo, r.main, head)).files).toHaveLength(300);
    });

    test('tree lists files and folders, and reports a cut list', async () => {
      const tree = await t.forge.readTree(r.repo, r.main, 100);

      expect(tree.truncated).toBe(false);
      expect(tree.entries).toEqual([
        { path: 'README.md', type: 'file', size: 10 },
        { path: 'binary.dat', type: 'file', size: 3 },
        { path: 'src', type: 'dir' },
        { path: 'src/deep', type: 'dir' },
        { path: 'src/deep/file.ts', type: 'file', size: 11 },
      ]);
      const cut = await t.forge.readTree(r.repo, r.main, 2);
      expect(cut.truncated).toBe(true);
      expect(cut.entries).toHaveLength(2);
    });

    test('file reads at most the given bytes of a text file, and nothing else', async () => {
      expect(await t.forge.readFile(r.repo, r.main, 'src/deep/file.ts', 1_000)).toBe(
        'export {};\n',
      );
      // The fourth and fifth byte form a single character.
      expect(await t.forge.readFile(r.repo, r.main, 'README.md', 5)).toBe('# H\u00e4');
      expect(await t.forge.readFile(r.repo, r.main, 'README.md', 4)).toBe('# H');
      expect(await t.forge.readFile(r.repo, r.main, 'binary.dat', 1_000)).toBeUndefined();
      expect(await t.forge.readFile(r.repo, r.main, 'src', 1_000)).toBeUndefined();
      expect(await t.forge.readFile(r.repo, r.main, 'nope.txt', 1_000)).toBeUndefined();
    });

    test('file reads a file above one megabyte', async () => {
      const large = await t.pushBranch(r, 'large', { 'large.txt': 'x'.repeat(1_200_000) });

      const text = await t.forge.readFile(r.repo, large, 'large.txt', 1_100_000);

      expect(text).toHaveLength(1_100_000);
    });
  });
}
