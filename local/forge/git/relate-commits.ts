import type { FileChange, GitRepository, TreeMerge } from './git-repository.ts';
import { selectObjectsOf } from './plain-git-dir.ts';
import { runGit } from './run-git.ts';

/** Returns the merge base of two commits; undefined: no common ancestor. */
export function findMergeBase(
  git: GitRepository,
  first: string,
  second: string,
): Promise<string | undefined> {
  if (first === second) return Promise.resolve(first);
  return git.mergeBases.getOrCompute(`${first} ${second}`, async () => {
    const { code, stdout } = await runGit(git.gitDir, ['merge-base', first, second], {
      acceptedCodes: [0, 1],
    });
    return code === 0 ? stdout.toString().trim() : undefined;
  });
}

/** Returns whether `descendant` contains `ancestor`. A commit contains itself. */
export async function isAncestor(
  git: GitRepository,
  ancestor: string,
  descendant: string,
): Promise<boolean> {
  return (await findMergeBase(git, ancestor, descendant)) === ancestor;
}

/** Counts the commits that only `base` contains (`behind`) and that only `head` contains (`ahead`). */
export function countCommits(
  git: GitRepository,
  base: string,
  head: string,
): Promise<{ readonly behind: number; readonly ahead: number }> {
  return git.commitCounts.getOrCompute(`${base} ${head}`, async () => {
    const range = `${base}...${head}`;
    const { stdout } = await runGit(git.gitDir, ['rev-list', '--count', '--left-right', range]);
    const [behind = '0', ahead = '0'] = stdout.toString().trim().split(/\s+/);
    return { behind: Number(behind), ahead: Number(ahead) };
  });
}

/** Merges two commits into a new tree, without a commit; undefined: the commits have no common ancestor. */
export function mergeTrees(
  git: GitRepository,
  base: string,
  head: string,
): Promise<TreeMerge | undefined> {
  return git.merges.getOrCompute(`${base} ${head}`, async () => {
    const { code, stdout, stderr } = await runGit(
      git.plainGitDir,
      ['merge-tree', '--write-tree', '--name-only', '--no-messages', '-z', base, head],
      { acceptedCodes: [0, 1, 128], env: selectObjectsOf(git.gitDir) },
    );
    const [tree = '', ...files] = stdout.toString().split('\0');
    if (code === 0) return { kind: 'clean', tree: tree.trim() };
    if (code === 1) return { kind: 'conflict', files: files.filter((file) => file !== '') };
    if (stderr.includes('unrelated histories')) return undefined;
    throw new Error(`git merge-tree ${base} ${head} failed in ${git.gitDir}: ${stderr.trim()}`);
  });
}

/** Returns the files that differ between two commits or trees, with renames detected. */
export function listChanges(
  git: GitRepository,
  from: string,
  to: string,
): Promise<readonly FileChange[]> {
  return git.changes.getOrCompute(`${from} ${to}`, async () => {
    const args = ['diff-tree', '-r', '-z', '-M', '--raw', '--numstat', '--no-abbrev', from, to];
    const { stdout } = await runGit(git.gitDir, args);
    return parseChanges(stdout.toString());
  });
}

/**
 * Parses the NUL-separated output of `git diff-tree -z --raw --numstat`. First comes a raw entry per file: the field
 * `:<modes> <shas> <letter>`, then the path, or the old and new path of a rename. Then comes a numstat entry per file:
 * `<added>\t<deleted>\t<path>`; for a rename the path is empty and the old and new path follow as fields.
 */
export function parseChanges(text: string): FileChange[] {
  const fields = text.split('\0');
  const changes: {
    readonly path: string;
    readonly previousPath?: string;
    readonly letter: string;
    readonly sha: string;
  }[] = [];
  const lineCounts = new Map<string, { readonly additions: number; readonly deletions: number }>();
  for (let index = 0; index < fields.length; index += 1) {
    const field = fields[index] ?? '';
    if (field.startsWith(':')) {
      const [, , , sha = '', letter = 'M'] = field.split(' ');
      const firstPath = fields[++index] ?? '';
      const hasTwoPaths = letter.startsWith('R') || letter.startsWith('C');
      const path = hasTwoPaths ? (fields[++index] ?? '') : firstPath;
      changes.push({
        path,
        letter: letter.slice(0, 1),
        sha,
        ...(hasTwoPaths && { previousPath: firstPath }),
      });
      continue;
    }
    const [added, deleted, path] = field.split('\t');
    if (path === undefined) continue;
    // A binary file has "-" for both counts, which become 0.
    const counts = { additions: Number(added) || 0, deletions: Number(deleted) || 0 };
    if (path === '') index += 2;
    lineCounts.set(path === '' ? (fields[index] ?? '') : path, counts);
  }
  return changes.map(({ letter, ...change }) => ({
    ...change,
    status: STATUS_BY_LETTER[letter] ?? 'modified',
    ...(lineCounts.get(change.path) ?? { additions: 0, deletions: 0 }),
  }));
}

const STATUS_BY_LETTER: Readonly<Record<string, FileChange['status']>> = {
  A: 'added',
  C: 'added',
  D: 'removed',
  R: 'renamed',
};
