import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

// Reads references directly from the files of the git directory, because starting git for each read would be too slow. This
// module supports git's default `files` format only. References are written by git.

const SHA = /^[0-9a-f]{40}$/;
const MAX_SYMBOLIC_DEPTH = 5;

/** A branch and the id of its head commit. */
export type Ref = { readonly name: string; readonly sha: string };

/** Parsed content of `packed-refs`. `stamp` combines size, time and inode, so a changed file has another stamp. */
type PackedRefs = { readonly stamp: string; readonly refs: ReadonlyMap<string, string> };
const packedByDirectory = new Map<string, PackedRefs>();

/**
 * Returns the commit of a full reference name such as `refs/heads/x`; follows symbolic references. Undefined: no such
 * reference.
 */
export function readRef(gitDir: string, name: string, depth = 0): string | undefined {
  // Git forbids these names. As a path, such a name could lead to a file outside the folder of references.
  if (name.includes('..') || name.includes('\0') || name.split('/').includes('.')) return undefined;
  const text = readText(join(gitDir, name))?.trim();
  if (text === undefined || text === '') return readPackedRefs(gitDir).get(name);
  if (SHA.test(text)) return text;
  if (!text.startsWith('ref: ') || depth === MAX_SYMBOLIC_DEPTH) return undefined;
  return readRef(gitDir, text.slice(5).trim(), depth + 1);
}

export function readBranch(gitDir: string, branch: string): string | undefined {
  return readRef(gitDir, `refs/heads/${branch}`);
}

/** Returns the branches whose name starts with `prefix`, sorted by name. */
export function listBranches(gitDir: string, prefix = ''): Ref[] {
  const root = 'refs/heads/';
  const shaByRef = new Map<string, string>();
  for (const [name, sha] of readPackedRefs(gitDir)) {
    if (name.startsWith(root + prefix)) shaByRef.set(name, sha);
  }
  if (prefix.includes('..')) return [];
  const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  for (const name of walkRefs(gitDir, root + folder)) {
    if (!name.startsWith(root + prefix)) continue;
    const sha = readRef(gitDir, name);
    if (sha !== undefined) shaByRef.set(name, sha);
  }
  return [...shaByRef]
    .map(([name, sha]) => ({ name: name.slice(root.length), sha }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Returns the branch that HEAD names; undefined: HEAD is detached. */
export function readHeadBranch(gitDir: string): string | undefined {
  return parseHeadFile(join(gitDir, 'HEAD'));
}

/** Returns the branches that are checked out in the repository's own work tree or in a work tree of `git worktree add`. */
export function listCheckedOutBranches(gitDir: string, bare: boolean): Set<string> {
  const headFiles = bare ? [] : [join(gitDir, 'HEAD')];
  for (const entry of readFolder(join(gitDir, 'worktrees'))) {
    headFiles.push(join(gitDir, 'worktrees', entry.name, 'HEAD'));
  }
  const branches = headFiles.map(parseHeadFile).filter((branch) => branch !== undefined);
  return new Set(branches);
}

function parseHeadFile(file: string): string | undefined {
  return /^ref: refs\/heads\/(.+)$/.exec(readText(file)?.trim() ?? '')?.[1];
}

function* walkRefs(gitDir: string, folder: string): Generator<string> {
  for (const entry of readFolder(join(gitDir, folder))) {
    if (entry.isDirectory()) yield* walkRefs(gitDir, `${folder}${entry.name}/`);
    else if (!entry.name.endsWith('.lock')) yield folder + entry.name;
  }
}

function readPackedRefs(gitDir: string): ReadonlyMap<string, string> {
  const file = join(gitDir, 'packed-refs');
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) return new Map();
  const stamp = `${stat.mtimeMs}:${stat.size}:${stat.ino}`;
  const cached = packedByDirectory.get(gitDir);
  if (cached?.stamp === stamp) return cached.refs;
  const refs = new Map<string, string>();
  for (const line of (readText(file) ?? '').split('\n')) {
    const match = /^([0-9a-f]{40}) (refs\/.+)$/.exec(line);
    if (match?.[1] !== undefined && match[2] !== undefined) refs.set(match[2], match[1]);
  }
  packedByDirectory.set(gitDir, { stamp, refs });
  return refs;
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // A missing file and a directory both mean: no such reference.
    return undefined;
  }
}

function readFolder(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
