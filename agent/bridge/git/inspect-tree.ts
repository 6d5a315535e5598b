import type { Git } from './git.ts';
import type { GitPath } from './git-path.ts';
import { isGitPath, toDisplayPath } from './git-path.ts';
import { LFS_NOTE, usesLfs } from './lfs.ts';

// Finds the contents of a repository that an attempt does not get: the files of Git LFS and of submodules.

/** Contents of a commit that are missing in the workspace. */
export type MissingContents = {
  /** Whether the commit keeps files in Git LFS. */
  readonly usesLfs: boolean;
  /** Folders of submodules, in display form. */
  readonly submodules: readonly string[];
};

const GITLINK_MODE = '160000';
const MAX_LISTED_SUBMODULES = 20;

/** Lists the missing contents of a commit. `git` must be able to fetch missing file contents. */
export async function findMissingContents(git: Git, commit: string): Promise<MissingContents> {
  const tree = await git(['ls-tree', '-r', '-z', '--full-tree', commit]);
  const attributeFiles: GitPath[] = [];
  const submodules: string[] = [];
  for (const entry of tree.stdout.split('\0')) {
    const path = entry.slice(entry.indexOf('\t') + 1);
    if (!isGitPath(path)) continue;
    if (entry.startsWith(GITLINK_MODE)) submodules.push(toDisplayPath(path));
    if (/(^|\/)\.gitattributes$/.test(path)) attributeFiles.push(path);
  }
  return { usesLfs: await usesLfs(git, commit, attributeFiles), submodules };
}

/** Returns notes about missing contents, for the prompt of the agent and for the transcript. */
export function describeMissingContents({ usesLfs, submodules }: MissingContents): string[] {
  return [
    ...(usesLfs ? [LFS_NOTE] : []),
    ...(submodules.length > 0 ? [describeSubmodules(submodules)] : []),
  ];
}

/** Returns a note for the output of a failed command, which may need the submodules; an empty text if there are none. */
export function explainWithSubmodules(submodules: readonly string[]): string {
  if (submodules.length === 0) return '';
  return `\n[submodules are not fetched, so these folders are empty: ${listSubmodules(submodules)}]`;
}

function describeSubmodules(submodules: readonly string[]): string {
  return `This repository has submodules. Their folders are empty here and where the work is verified: ${listSubmodules(submodules)}. Leave the folders as they are.`;
}

function listSubmodules(submodules: readonly string[]): string {
  const listed = submodules.slice(0, MAX_LISTED_SUBMODULES).join(', ');
  const hidden = submodules.length - MAX_LISTED_SUBMODULES;
  return hidden > 0 ? `${listed} and ${hidden} more` : listed;
}
