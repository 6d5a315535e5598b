import type { GitRepository } from './git-repository.ts';
import { runGit } from './run-git.ts';

/** An entry of a tree; `size` in bytes for blobs only. */
export type TreeLine = {
  readonly mode: string;
  readonly type: string;
  readonly sha: string;
  readonly size?: number;
  readonly path: string;
};

/** Returns the entries of a tree; `recursive` adds all entries below, folders included. */
export async function listTree(
  git: GitRepository,
  tree: string,
  recursive: boolean,
): Promise<TreeLine[]> {
  const depth = recursive ? ['-r', '-t'] : [];
  const { stdout } = await runGit(git.gitDir, [
    'ls-tree',
    '-l',
    '-z',
    '--full-tree',
    ...depth,
    tree,
  ]);
  const lines: TreeLine[] = [];
  for (const line of stdout.toString().split('\0')) {
    const match = /^(\d+) (\w+) ([0-9a-f]{40}) +(-|\d+)\t([\s\S]+)$/.exec(line);
    if (match === null) continue;
    const [, mode = '', type = '', sha = '', size = '-', path = ''] = match;
    lines.push({ mode, type, sha, path, ...(size !== '-' && { size: Number(size) }) });
  }
  return lines;
}
