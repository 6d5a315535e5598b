import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { TestForge, TestRepository } from '../support/forge/test-forge.ts';
import { runGit } from '../support/workspace/git.ts';
import type { KnownDifferences } from './known-differences.ts';
import { createTest } from './known-differences.ts';

const MISSING_SHA = 'f'.repeat(40);

/** Tests the repository, branch and commit methods of the forge port. */
export function describeForgeBranches(
  name: string,
  start: () => Promise<TestForge>,
  differences: KnownDifferences = {},
): void {
  const test = createTest(differences);
  describe(`${name}: repository, branches, commits`, () => {
    let testForge: TestForge;
    let repository: TestRepository;
    beforeAll(async () => {
      testForge = await start();
      repository = await testForge.makeRepository('branches', {
        'README.md': '# Häuser\n',
        'src/deep/file.ts': 'export {};\n',
        'binary.dat': 'a\0b',
      });
    });
    afterAll(() => testForge.close());

    test('readRepository returns name, default branch, merge methods and permissions', async () => {
      const facts = await testForge.forge.readRepository(repository.repo);

      expect(facts).toMatchObject({
        name: repository.repo,
        defaultBranch: 'main',
        archived: false,
        mergeMethods: expect.arrayContaining(['merge', 'squash']),
        permissions: { push: true, pull: true },
      });
      expect(facts.cloneUrl).toBe(repository.url);
      expect(facts.sizeKb).toBeTypeOf('number');
    });

    test('readRepository rejects a missing repository as notFound', async () => {
      await expect(testForge.forge.readRepository('acme/nothing')).rejects.toMatchObject({
        kind: 'notFound',
      });
    });

    test('readBranchHead returns the commit of a branch, and undefined for a missing branch', async () => {
      expect(await testForge.forge.readBranchHead(repository.repo, 'main')).toBe(repository.main);
      expect(await testForge.forge.readBranchHead(repository.repo, 'no/such')).toBeUndefined();
    });

    test('readBranchHead returns undefined in an empty repository', async () => {
      await testForge.controlForge('POST', '/repositories', { name: 'acme/empty' });

      expect(await testForge.forge.readBranchHead('acme/empty', 'main')).toBeUndefined();
      expect(await testForge.forge.hasCommit('acme/empty', MISSING_SHA)).toBe(false);
    });

    test('ensureBranch creates a missing branch and leaves an existing branch unchanged', async () => {
      const commit = await testForge.pushBranch(repository, 'side', { 'side.txt': '1' });

      expect(
        await testForge.forge.ensureBranch(repository.repo, 'smol/p-r1/root', repository.main),
      ).toBe(repository.main);
      expect(await testForge.forge.ensureBranch(repository.repo, 'smol/p-r1/root', commit)).toBe(
        repository.main,
      );
      expect(await testForge.forge.readBranchHead(repository.repo, 'smol/p-r1/root')).toBe(
        repository.main,
      );
    });

    test('branch names may contain letters of any script and characters with a meaning in URLs', async () => {
      const { forge } = testForge;
      const { repo, main } = repository;
      const base = "größe/fix#12+(a)&'b'%20";
      const commit = await testForge.pushBranch(repository, 'odd/日本語@x', { 'odd.txt': '1' });

      expect(await forge.ensureBranch(repo, base, main)).toBe(main);
      expect(await forge.readBranchHead(repo, base)).toBe(main);
      expect(await forge.listBranches(repo, 'größe/')).toEqual([{ name: base, sha: main }]);
      const pull = await forge.ensurePull(repo, {
        head: 'odd/日本語@x',
        base,
        title: 'Odd names',
        body: '',
        draft: false,
        labels: [],
      });
      const query = { head: 'odd/日本語@x', base, labels: [] };
      expect(await forge.findPull(repo, query)).toMatchObject({ number: pull.number });
      expect(await forge.moveBranch(repo, base, commit)).toBe('moved');
      expect(await forge.readBranchHead(repo, base)).toBe(commit);
      await forge.deleteBranch(repo, base);
      expect(await forge.readBranchHead(repo, base)).toBeUndefined();
    });

    test('ensureBranch rejects a missing commit', async () => {
      const creation = testForge.forge.ensureBranch(repository.repo, 'smol/lost', MISSING_SHA);

      await expect(creation).rejects.toMatchObject({ kind: 'notFound', code: 'commit_missing' });
    });

    test('ensureBranch rejects a branch below the name of another branch, such as main/below', async () => {
      const creation = testForge.forge.ensureBranch(repository.repo, 'main/below', repository.main);

      await expect(creation).rejects.toMatchObject({ kind: 'refused', code: 'branch_clash' });
    });

    test('moveBranch moves a branch forward only', async () => {
      const second = await testForge.pushBranch(repository, 'tip', { 'tip.txt': '2' });
      await testForge.forge.ensureBranch(repository.repo, 'smol/moving', repository.main);

      expect(await testForge.forge.moveBranch(repository.repo, 'smol/moving', second)).toBe(
        'moved',
      );
      expect(await testForge.forge.moveBranch(repository.repo, 'smol/moving', second)).toBe(
        'moved',
      );
      expect(
        await testForge.forge.moveBranch(repository.repo, 'smol/moving', repository.main),
      ).toBe('diverged');
      expect(await testForge.forge.readBranchHead(repository.repo, 'smol/moving')).toBe(second);
      await expect(
        testForge.forge.moveBranch(repository.repo, 'smol/none', second),
      ).rejects.toMatchObject({
        kind: 'notFound',
      });
    });

    test('deleteBranch deletes a branch and may be repeated', async () => {
      await testForge.forge.ensureBranch(repository.repo, 'smol/gone', repository.main);

      await testForge.forge.deleteBranch(repository.repo, 'smol/gone');
      await testForge.forge.deleteBranch(repository.repo, 'smol/gone');

      expect(await testForge.forge.readBranchHead(repository.repo, 'smol/gone')).toBeUndefined();
    });

    test('listBranches returns all branches with a prefix, over several pages and from packed-refs', async () => {
      const names = Array.from(
        { length: 104 },
        (_, index) => `many/${String(index).padStart(3, '0')}`,
      );
      for (const branch of names)
        await runGit(repository.path, ['branch', branch, repository.main]);
      await runGit(repository.path, [
        'push',
        '--quiet',
        `${testForge.dataDir}/repos/${repository.repo}.git`,
        'refs/heads/many/*:refs/heads/many/*',
      ]);
      await runGit(`${testForge.dataDir}/repos/${repository.repo}.git`, ['pack-refs', '--all']);
      await testForge.forge.ensureBranch(repository.repo, 'many/loose', repository.main);

      const branches = await testForge.forge.listBranches(repository.repo, 'many/');

      expect(branches.map((branch) => branch.name)).toEqual([...names, 'many/loose']);
      expect(new Set(branches.map(({ sha }) => sha))).toEqual(new Set([repository.main]));
      expect(await testForge.forge.listBranches(repository.repo, 'nothing/')).toEqual([]);
    });

    test('hasCommit tells existing commits from missing commits', async () => {
      expect(await testForge.forge.hasCommit(repository.repo, repository.main)).toBe(true);
      expect(await testForge.forge.hasCommit(repository.repo, MISSING_SHA)).toBe(false);
    });

    test('compareCommits starts at the merge base and returns renames and counts', async () => {
      await runGit(repository.path, ['checkout', '--quiet', '--detach', repository.main]);
      await runGit(repository.path, ['mv', 'README.md', 'READ.md']);
      const head = await testForge.pushBranch(repository, 'compare/head', {
        'new.txt': 'one\ntwo\n',
      });
      const base = await testForge.pushBranch(repository, 'compare/base', { 'other.txt': 'x\n' });

      const answer = await testForge.forge.compareCommits(repository.repo, base, head);

      expect(answer).toMatchObject({ aheadBy: 1, behindBy: 1, mergeBase: repository.main });
      expect(answer.files).toEqual([
        { path: 'READ.md', status: 'renamed', additions: 0, deletions: 0 },
        { path: 'README.md', status: 'removed', additions: 0, deletions: 0 },
        { path: 'new.txt', status: 'added', additions: 2, deletions: 0 },
      ]);
    });

    test('readPatch returns the changes since the merge base, and cuts a long patch after a line', async () => {
      const { repo, main } = repository;
      const head = await testForge.pushBranch(repository, 'patch/head', {
        'new.txt': 'one\ntwo\n',
      });
      const base = await testForge.pushBranch(repository, 'patch/base', { 'other.txt': 'x\n' });

      const whole = await testForge.forge.readPatch(repo, base, head, 10_000);
      const cut = await testForge.forge.readPatch(repo, base, head, whole.text.length - 2);

      expect(whole.truncated).toBe(false);
      expect(whole.text).toMatch(/^diff --git a\/new\.txt b\/new\.txt\n[\s\S]*\n\+one\n\+two\n$/);
      expect(whole.text).not.toContain('other.txt');
      expect(cut).toEqual({ text: whole.text.slice(0, -'+two\n'.length), truncated: true });
      expect(await testForge.forge.readPatch(repo, main, main, 10)).toEqual({
        text: '',
        truncated: false,
      });
    });

    test('compareCommits returns at most 300 files', async () => {
      const files = Object.fromEntries(
        Array.from({ length: 310 }, (_, index) => [`n/${index}.txt`, 'x']),
      );
      const head = await testForge.pushBranch(repository, 'compare/many', files);

      expect(
        (await testForge.forge.compareCommits(repository.repo, repository.main, head)).files,
      ).toHaveLength(300);
    });

    test('readTree lists files and folders, and reports a truncated list', async () => {
      const tree = await testForge.forge.readTree(repository.repo, repository.main, 100);

      expect(tree.truncated).toBe(false);
      expect(tree.entries).toEqual([
        { path: 'README.md', type: 'file', size: 10 },
        { path: 'binary.dat', type: 'file', size: 3 },
        { path: 'src', type: 'dir' },
        { path: 'src/deep', type: 'dir' },
        { path: 'src/deep/file.ts', type: 'file', size: 11 },
      ]);
      const truncatedTree = await testForge.forge.readTree(repository.repo, repository.main, 2);
      expect(truncatedTree.truncated).toBe(true);
      expect(truncatedTree.entries).toHaveLength(2);
    });

    test('readFile reads at most the given number of bytes, and returns undefined for anything but a text file', async () => {
      expect(
        await testForge.forge.readFile(repository.repo, repository.main, 'src/deep/file.ts', 1_000),
      ).toBe('export {};\n');
      // The fourth and fifth byte form a single character.
      expect(await testForge.forge.readFile(repository.repo, repository.main, 'README.md', 5)).toBe(
        '# H\u00e4',
      );
      expect(await testForge.forge.readFile(repository.repo, repository.main, 'README.md', 4)).toBe(
        '# H',
      );
      expect(
        await testForge.forge.readFile(repository.repo, repository.main, 'binary.dat', 1_000),
      ).toBeUndefined();
      expect(
        await testForge.forge.readFile(repository.repo, repository.main, 'src', 1_000),
      ).toBeUndefined();
      expect(
        await testForge.forge.readFile(repository.repo, repository.main, 'nope.txt', 1_000),
      ).toBeUndefined();
    });

    test('readFile reads a file above one megabyte', async () => {
      const large = await testForge.pushBranch(repository, 'large', {
        'large.txt': 'x'.repeat(1_200_000),
      });

      const text = await testForge.forge.readFile(repository.repo, large, 'large.txt', 1_100_000);

      expect(text).toHaveLength(1_100_000);
    });
  });
}
