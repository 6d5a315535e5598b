import type { Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import type { GitPath } from './git-path.ts';
import { isGitPath, resolveGitPath } from './git-path.ts';

// Walks the workspace without git, because git shows neither ignored files, nor files of nested repositories, nor special files.

/**
 * Number of entries after which a walk reads no further folders and lists each further folder as one entry. After twice this number,
 * the walk lists nothing more.
 */
const MAX_ENTRIES = 50_000;
/** Names of caches that tools write without being asked. Their contents are never work of an agent. */
const CACHE_NAME = /^(__pycache__|\.pytest_cache|\.mypy_cache|\.smol-agent|\.DS_Store)$|\.pyc$/;
/** Names of folders with installed packages, which count as one entry. */
const PACKAGE_FOLDER_NAMES: readonly string[] = ['node_modules', '.venv'];

/** Untracked entry of the workspace. */
export type WorkspaceEntry = {
  /** Path of the entry; the path of a folder that was not read ends with a slash. */
  readonly path: GitPath;
  readonly kind: 'file' | 'special' | 'folder';
  /** Text that changes when the entry changes. */
  readonly fingerprint: string;
};

/**
 * Lists the untracked files below a folder of the workspace, without caches and without the git directories.
 *
 * @param workspace absolute path of the workspace
 * @param top folder in the workspace to start from, with a slash at the end; empty: the whole workspace
 * @param tracked paths that are not listed
 * @param maxEntries replaces MAX_ENTRIES
 */
export async function walkWorkspace(
  workspace: string,
  top: string,
  tracked: ReadonlySet<string>,
  maxEntries = MAX_ENTRIES,
): Promise<WorkspaceEntry[]> {
  const entries: WorkspaceEntry[] = [];
  const folders = [top];
  // The walk proceeds level by level, so that a large folder does not hide the others.
  for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
    for (const child of await readFolder(workspace, folder)) {
      const path = `${folder}${child.name}`;
      const isFolder = child.isDirectory();
      // A tracked folder is a submodule, whose files git does not track.
      const isTracked = !isFolder && tracked.has(path);
      if (child.name === '.git' || CACHE_NAME.test(child.name) || isTracked) continue;
      const isRead = !PACKAGE_FOLDER_NAMES.includes(child.name) && entries.length < maxEntries;
      if (isFolder && isRead) folders.push(`${path}/`);
      else if (entries.length < maxEntries * 2)
        entries.push(...(await readEntry(workspace, isFolder ? `${path}/` : path)));
    }
  }
  return entries;
}

async function readFolder(workspace: string, folder: string): Promise<Dirent[]> {
  const path = isGitPath(folder) ? resolveGitPath(workspace, folder) : workspace;
  try {
    return await readdir(path, { encoding: 'latin1', withFileTypes: true });
  } catch {
    // The folder was removed or made unreadable during the walk.
    return [];
  }
}

async function readEntry(workspace: string, path: string): Promise<WorkspaceEntry[]> {
  if (!isGitPath(path)) return [];
  try {
    const stats = await lstat(resolveGitPath(workspace, path), { bigint: true });
    const { size, mtimeNs, ctimeNs, ino } = stats;
    if (stats.isDirectory()) return [{ path, kind: 'folder', fingerprint: `${ino}` }];
    const kind = stats.isFile() || stats.isSymbolicLink() ? 'file' : 'special';
    return [{ path, kind, fingerprint: [size, mtimeNs, ctimeNs, ino].join(':') }];
  } catch {
    // The file was removed during the walk.
    return [];
  }
}
