import { readdirSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { ToolError } from './tool/tool.ts';

// Resolves paths that the model wrote, and lists files. After symbolic links are resolved, every path must lie inside the workspace.

/**
 * Returns the real path of `path`. The last parts of the path need not exist. Throws ToolError for a path outside `root`.
 *
 * @param root real path of the workspace
 */
export async function resolveInsideRoot(root: string, path: string): Promise<string> {
  if (path.includes('\0')) throw new ToolError('a path cannot contain a NUL character');
  const absolute = isAbsolute(path) ? path : join(root, path);
  const real = await resolveRealPath(resolve(absolute));
  if (real !== root && !real.startsWith(root + sep)) {
    throw new ToolError(`${path} lies outside the workspace; only paths inside it are allowed`);
  }
  return real;
}

/** Returns the real path of the longest existing part, followed by the remaining parts. */
async function resolveRealPath(path: string): Promise<string> {
  const missing: string[] = [];
  let existing = path;
  for (;;) {
    try {
      return join(await realpath(existing), ...missing);
    } catch (error) {
      if (!isMissingFileError(error)) throw error;
      const parent = dirname(existing);
      if (parent === existing) throw error;
      missing.unshift(relative(parent, existing));
      existing = parent;
    }
  }
}

function isMissingFileError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

const SKIPPED_FOLDERS = new Set(['.git', 'node_modules']);

/** File, link or directory; `path` is relative to the workspace. */
export type WorkspaceEntry = { readonly path: string; readonly isDirectory: boolean };

/**
 * Yields the entries below `start` level by level, so that a caller with a limit gets the top levels. Does not follow links, and skips
 * `.git` and `node_modules`.
 */
export function* walkEntries(root: string, start: string): Generator<WorkspaceEntry> {
  const queue = [start];
  for (let directory = queue.shift(); directory !== undefined; directory = queue.shift()) {
    for (const entry of readSortedEntries(directory)) {
      if (SKIPPED_FOLDERS.has(entry.name)) continue;
      const fullPath = join(directory, entry.name);
      const isDirectory = entry.isDirectory();
      yield { path: relative(root, fullPath), isDirectory };
      if (isDirectory) queue.push(fullPath);
    }
  }
}

function readSortedEntries(directory: string) {
  try {
    const entries = readdirSync(directory, { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    // The directory is not readable or was removed in the meantime.
    return [];
  }
}
