import { readdirSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { ToolError } from './tool/tool.ts';

// Paths that the model names. Everything stays inside the session's directory, symbolic links resolved.

/** The real path of `path`, which need not exist. Throws ToolError when it lies outside of `root` (itself a real path). */
export async function resolveInsideRoot(root: string, path: string): Promise<string> {
  if (path.includes('\0')) throw new ToolError('a path cannot contain a zero byte');
  const wanted = isAbsolute(path) ? path : join(root, path);
  const real = await resolveRealPath(resolve(wanted));
  if (real !== root && !real.startsWith(root + sep)) {
    throw new ToolError(`${path} lies outside of the workspace; only paths inside it are allowed`);
  }
  return real;
}

/** The real path of the part that exists, with the rest appended. */
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

export type WorkspaceEntry = { readonly path: string; readonly isDirectory: boolean };

/**
 * Entries below `start`, level by level, so that a bounded reader sees the top first. Paths are relative to `root`.
 * Links are listed and not followed; `.git` and `node_modules` are left out.
 */
export function* walkEntries(root: string, start: string): Generator<WorkspaceEntry> {
  const queue = [start];
  for (let directory = queue.shift(); directory !== undefined; directory = queue.shift()) {
    for (const entry of readSortedEntries(directory)) {
      if (SKIPPED_FOLDERS.has(entry.name)) continue;
      const full = join(directory, entry.name);
      const isDirectory = entry.isDirectory();
      yield { path: relative(root, full), isDirectory };
      if (isDirectory) queue.push(full);
    }
  }
}

function readSortedEntries(directory: string) {
  try {
    const entries = readdirSync(directory, { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    // Removed in the meantime, or not readable: nothing to list.
    return [];
  }
}
