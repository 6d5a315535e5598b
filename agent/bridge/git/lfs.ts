import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Git } from './git.ts';
import type { GitPath } from './git-path.ts';
import { isGitPath, joinPaths, toDisplayPath } from './git-path.ts';
import { parsePaths } from './parse-git-output.ts';

// The bridge runs no filters of a repository, not even the filter of Git LFS. LFS files stay pointers, and a file that an agent writes
// in place of a pointer is committed unchanged. A note warns the agent, and the result flags such files.

/** Note for the prompt of the agent and for the transcript. */
export const LFS_NOTE =
  'Some files of this repository are kept in Git LFS. Here they are pointers (small texts that begin with "version https://git-lfs"), not their contents. Leave them as they are: a file written in their place is committed as it is, outside LFS.';
const LFS_POINTER_PREFIX = 'version https://git-lfs.github.com/spec/v1';
/** Maximum number of paths in one command line. */
const MAX_PATHS_PER_COMMAND = 200;

/** Returns whether one of these .gitattributes files in `commit` uses the filter of Git LFS. */
export async function usesLfs(
  git: Git,
  commit: string,
  attributeFiles: readonly GitPath[],
): Promise<boolean> {
  return (await findPathsWithText(git, 'filter=lfs', commit, attributeFiles)).length > 0;
}

/**
 * Returns the paths that belong to Git LFS and whose content in `commit` is not an LFS pointer. The work tree of `git` must be the
 * workspace.
 */
export async function findFilesOutsideLfs(
  git: Git,
  gitDir: string,
  commit: string,
  paths: readonly GitPath[],
): Promise<GitPath[]> {
  const lfsPaths = await findLfsPaths(git, gitDir, paths);
  const pointers = new Set(await findPathsWithText(git, LFS_POINTER_PREFIX, commit, lfsPaths));
  return lfsPaths.filter((path) => !pointers.has(path));
}

/**
 * Returns the paths to which the .gitattributes files of the workspace assign the LFS filter. The git directory of the bridge
 * overrides these attributes, so an empty git directory is used here. The command check-attr runs no filter.
 */
async function findLfsPaths(
  git: Git,
  gitDir: string,
  paths: readonly GitPath[],
): Promise<GitPath[]> {
  if (paths.length === 0) return [];
  const emptyGitDir = join(gitDir, 'attributes');
  await mkdir(join(emptyGitDir, 'objects'), { recursive: true });
  await mkdir(join(emptyGitDir, 'refs'), { recursive: true });
  await writeFile(join(emptyGitDir, 'HEAD'), 'ref: refs/heads/none\n');
  const output = await git(['check-attr', '-z', '--stdin', 'filter'], {
    env: { GIT_DIR: emptyGitDir },
    input: joinPaths(paths),
  });
  // The output has three fields per path: path, attribute and value.
  const fields = output.stdout.split('\0');
  return paths.filter(
    (path, index) => fields[index * 3] === path && fields[index * 3 + 2] === 'lfs',
  );
}

/** Returns the paths whose content in `commit` contains the text. Omits paths that are not UTF-8, which no argument can contain. */
async function findPathsWithText(
  git: Git,
  text: string,
  commit: string,
  paths: readonly GitPath[],
): Promise<GitPath[]> {
  const matchingPaths: GitPath[] = [];
  for (let start = 0; start < paths.length; start += MAX_PATHS_PER_COMMAND) {
    const batch = paths.slice(start, start + MAX_PATHS_PER_COMMAND).map(toDisplayPath);
    const args = ['grep', '-lzaF', '-e', text, commit, '--', ...batch];
    const output = await git(args, { acceptedExitCodes: [0, 1] });
    // Each name has the form "<commit>:<path>".
    const names = parsePaths(output.stdout).map((name) => name.slice(commit.length + 1));
    matchingPaths.push(...names.filter(isGitPath));
  }
  return matchingPaths;
}
