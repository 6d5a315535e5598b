import type { GitRepository } from './git-repository.ts';
import { runGit } from './run-git.ts';

/** An entry of a git tree. Only blobs have a `size`, in bytes. */
export type TreeEntry = {
  readonly mode: string;
  readonly type: string;
  readonly sha: string;
  readonly size?: number;
  readonly path: string;
};

/** Returns the entries of a tree; with `recursive`, also the entries of all folders below. */
export async function listTree(
  git: GitRepository,
  tree: string,
  recursive: boolean,
): Promise<TreeEntry[]> {
  const depthArgs = recursive ? ['-r', '-t'] : [];
  const { stdout } = await runGit(git.gitDir, [
    'ls-tree',
    '-l',
    '-z',
    '--full-tree',
    ...depthArgs,
    tree,
  ]);
  const entries: TreeEntry[] = [];
  for (const line of stdout.toString().split('\0')) {
    const match = /^(\d+) (\w+) ([0-9a-f]{40}) +(-|\d+)\t([\s\S]+)$/.exec(line);
    if (match === null) continue;
    const [, mode = '', type = '', sha = '', size = '-', path = ''] = match;
    entries.push({ mode, type, sha, path, ...(size !== '-' && { size: Number(size) }) });
  }
  return entries;
}
