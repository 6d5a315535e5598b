import type { FileChange, GitRepository, MergeAnswer } from './git-repository.ts';
import { runGit } from './run-git.ts';

/** Returns the merge base of two commits; undefined: no common history. */
export function findMergeBase(
  git: GitRepository,
  a: string,
  b: string,
): Promise<string | undefined> {
  if (a === b) return Promise.resolve(a);
  return git.mergeBases.get(`${a} ${b}`, async () => {
    const { code, stdout } = await runGit(git.gitDir, ['merge-base', a, b], { accept: [0, 1] });
    return code === 0 ? stdout.toString().trim() : undefined;
  });
}

/** Returns whether `young` contains `old`. */
export async function isAncestor(git: GitRepository, old: string, young: string): Promise<boolean> {
  return (await findMergeBase(git, old, young)) === old;
}

/** Counts the commits that are in `base` alone (`behind`) and in `head` alone (`ahead`). */
export function countCommits(
  git: GitRepository,
  base: string,
  head: string,
): Promise<{ readonly behind: number; readonly ahead: number }> {
  return git.counts.get(`${base} ${head}`, async () => {
    const range = `${base}...${head}`;
    const { stdout } = await runGit(git.gitDir, ['rev-list', '--count', '--left-right', range]);
    const [behind = '0', ahead = '0'] = stdout.toString().trim().split(/\s+/);
    return { behind: Number(behind), ahead: Number(ahead) };
  });
}

/** Merges two commits without a work tree; undefined: no common history. */
export function mergeTrees(
  git: GitRepository,
  base: string,
  head: string,
): Promise<MergeAnswer | undefined> {
  return git.merges.get(`${base} ${head}`, async () => {
    const { code, stdout, stderr } = await runGit(
      git.gitDir,
      ['merge-tree', '--write-tree', '--name-only', '--no-messages', '-z', base, head],
      { accept: [0, 1, 128] },
    );
    const [tree = '', ...files] = stdout.toString().split('\0');
    if (code === 0) return { kind: 'clean', tree: tree.trim() };
    if (code === 1) return { kind: 'conflict', files: files.filter((file) => file !== '') };
    if (stderr.includes('unrelated histories')) return undefined;
    throw new Error(`git merge-tree: ${stderr.trim()}`);
  });
}

/** Returns the files that differ between two commits or trees, with renames detected. */
export function listChanges(
  git: GitRepository,
  from: string,
  to: string,
): Promise<readonly FileChange[]> {
  return git.changes.get(`${from} ${to}`, async () => {
    const args = ['diff-tree', '-r', '-z', '-M', '--raw', '--numstat', '--no-abbrev', from, to];
    const { stdout } = await runGit(git.gitDir, args);
    return parseChanges(stdout.toString());
  });
}

/**
 * Parses the output of `git diff-tree -z --raw --numstat`. The raw half has `:<modes> <shas> <letter>` and a path per file,
 * two paths for a rename. The numstat half has `<added>\t<deleted>\t<path>`; a rename has an empty path there, and both
 * names follow.
 */
export function parseChanges(text: string): FileChange[] {
  const fields = text.split('\0');
  const changes: {
    readonly path: string;
    readonly previousPath?: string;
    readonly letter: string;
    readonly sha: string;
  }[] = [];
  const lines = new Map<string, { readonly additions: number; readonly deletions: number }>();
  for (let i = 0; i < fields.length; i += 1) {
    const field = fields[i] ?? '';
    if (field.startsWith(':')) {
      const [, , , sha = '', letter = 'M'] = field.split(' ');
      const first = fields[++i] ?? '';
      const renamed = letter.startsWith('R') || letter.startsWith('C');
      const path = renamed ? (fields[++i] ?? '') : first;
      changes.push({
        path,
        letter: letter.slice(0, 1),
        sha,
        ...(renamed && { previousPath: first }),
      });
      continue;
    }
    const [added, deleted, path] = field.split('\t');
    if (path === undefined) continue;
    // A binary file has "-" for both counts, which become 0.
    const counts = { additions: Number(added) || 0, deletions: Number(deleted) || 0 };
    if (path === '') i += 2;
    lines.set(path === '' ? (fields[i] ?? '') : path, counts);
  }
  return changes.map(({ letter, ...change }) => ({
    ...change,
    status: STATUS[letter] ?? 'modified',
    ...(lines.get(change.path) ?? { additions: 0, deletions: 0 }),
  }));
}

const STATUS: Readonly<Record<string, FileChange['status']>> = {
  A: 'added',
  C: 'added',
  D: 'removed',
  R: 'renamed',
};
