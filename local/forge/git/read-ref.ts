import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

// References are read from the files of the git directory, because starting git for each read of a pull request is too
// slow. All supported versions of git use the `files` format. Writes go through git.

const SHA = /^[0-9a-f]{40}$/;
const MAX_SYMBOLIC_DEPTH = 5;

/** A branch and its commit. */
export type Ref = { readonly name: string; readonly sha: string };

type Packed = { readonly stamp: string; readonly refs: ReadonlyMap<string, string> };
const packedByDirectory = new Map<string, Packed>();

/** Returns the commit of a full reference name such as `refs/heads/x`; undefined: no such reference. */
export function readRef(gitDir: string, name: string, depth = 0): string | undefined {
  // Git forbids these names. In a file path they would leave the folder or alias another name.
  if (name.includes('..') || name.includes('\0') || name.split('/').includes('.')) return undefined;
  const text = readText(join(gitDir, name))?.trim();
  if (text === undefined || text === '') return readPacked(gitDir).get(name);
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
  const found = new Map<string, string>();
  for (const [name, sha] of readPacked(gitDir)) {
    if (name.startsWith(root + prefix)) found.set(name, sha);
  }
  if (prefix.includes('..')) return [];
  const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  for (const name of walkRefs(gitDir, root + folder)) {
    if (!name.startsWith(root + prefix)) continue;
    const sha = readRef(gitDir, name);
    if (sha !== undefined) found.set(name, sha);
  }
  return [...found]
    .map(([name, sha]) => ({ name: name.slice(root.length), sha }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Returns the branch of HEAD; undefined: HEAD is detached. */
export function readHeadBranch(gitDir: string): string | undefined {
  return parseHeadFile(join(gitDir, 'HEAD'));
}

/** Returns the branches that the own work tree and added work trees have checked out. */
export function listCheckedOutBranches(gitDir: string, bare: boolean): Set<string> {
  const heads = bare ? [] : [join(gitDir, 'HEAD')];
  for (const entry of readFolder(join(gitDir, 'worktrees'))) {
    heads.push(join(gitDir, 'worktrees', entry.name, 'HEAD'));
  }
  const branches = heads.map(parseHeadFile).filter((branch) => branch !== undefined);
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

function readPacked(gitDir: string): ReadonlyMap<string, string> {
  const file = join(gitDir, 'packed-refs');
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) return new Map();
  const stamp = `${stat.mtimeMs}:${stat.size}:${stat.ino}`;
  const known = packedByDirectory.get(gitDir);
  if (known?.stamp === stamp) return known.refs;
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
    // A missing file and a directory both mean that the reference does not exist.
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
