import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Git } from './git.ts';
import { splitNulSeparated } from './parse-git-output.ts';

// Git LFS works through a filter that the repository names, and no such filter is run here: what it keeps stays a pointer, and
// what is written in the place of a pointer is committed as it is. That is said, and seen in what is reported.

export const LFS_NOTE =
  'Some files of this repository are kept in Git LFS. Here they are pointers (small texts that begin with "version https://git-lfs"), not their contents. Leave them as they are: what is written in their place is committed as it is, outside LFS.';
const LFS_POINTER_PREFIX = 'version https://git-lfs.github.com/spec/v1';
/** Names in one command line. */
const MAX_PATHS_PER_COMMAND = 200;

/** Whether `commit` names the filter of Git LFS in any of its .gitattributes. `git` reads contents. */
export async function usesLfs(git: Git, commit: string): Promise<boolean> {
  const listed = await git(['ls-tree', '-r', '-z', '--name-only', '--full-tree', commit]);
  const files = splitNulSeparated(listed.stdout).filter((path) =>
    /(^|\/)\.gitattributes$/.test(path),
  );
  return (await findPathsWithText(git, 'filter=lfs', commit, files)).length > 0;
}

/** Of `paths`, those that belong to Git LFS and whose content in `commit` is no pointer. `git` looks at the workspace. */
export async function findFilesOutsideLfs(
  git: Git,
  gitDir: string,
  commit: string,
  paths: readonly string[],
): Promise<string[]> {
  const kept = await findLfsPaths(git, gitDir, paths);
  const pointers = new Set(await findPathsWithText(git, LFS_POINTER_PREFIX, commit, kept));
  return kept.filter((path) => !pointers.has(path));
}

/** The bridge's own attributes override those of the workspace, so git is asked from a git dir that has none. Nothing is run. */
async function findLfsPaths(git: Git, gitDir: string, paths: readonly string[]): Promise<string[]> {
  if (paths.length === 0) return [];
  const bare = join(gitDir, 'attributes');
  await mkdir(join(bare, 'objects'), { recursive: true });
  await mkdir(join(bare, 'refs'), { recursive: true });
  await writeFile(join(bare, 'HEAD'), 'ref: refs/heads/none\n');
  const answer = await git(['check-attr', '-z', '--stdin', 'filter'], {
    env: { GIT_DIR: bare },
    input: paths.map((path) => `${path}\0`).join(''),
  });
  const parts = answer.stdout.split('\0');
  return paths.filter((path, i) => parts[i * 3] === path && parts[i * 3 + 2] === 'lfs');
}

/** Of `paths`, those with this text in `commit`. */
async function findPathsWithText(git: Git, text: string, commit: string, paths: readonly string[]) {
  const found: string[] = [];
  for (let i = 0; i < paths.length; i += MAX_PATHS_PER_COMMAND) {
    const some = paths.slice(i, i + MAX_PATHS_PER_COMMAND);
    const args = ['grep', '-lzaF', '-e', text, commit, '--', ...some];
    const answer = await git(args, { acceptedExitCodes: [0, 1] });
    found.push(...splitNulSeparated(answer.stdout).map((name) => name.slice(commit.length + 1)));
  }
  return found;
}
