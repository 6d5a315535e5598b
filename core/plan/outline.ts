import type { TreeEntry } from '../port/forge.ts';
import { cutText, oneLine } from './plain-text.ts';
import { extensionOf, isGenerated } from './stack.ts';

// A tree of thousands of files as an indented outline that fits a budget: first fewer files per directory, then fewer
// levels. Every directory says how many files it holds, so that what is left out is still counted.

type Folder = { folders: Map<string, Folder>; files: string[]; count: number };
type Detail = { depth: number; names: number };

const DETAILS: readonly Detail[] = [
  { depth: 50, names: 200 },
  { depth: 50, names: 60 },
  { depth: 50, names: 25 },
  { depth: 50, names: 12 },
  { depth: 6, names: 12 },
  { depth: 50, names: 6 },
  { depth: 5, names: 6 },
  { depth: 4, names: 6 },
  { depth: 4, names: 3 },
  { depth: 3, names: 3 },
  { depth: 2, names: 3 },
  { depth: 1, names: 3 },
];

export function outlineTree(entries: readonly TreeEntry[], maxChars: number): string {
  const root = toFolder(entries);
  let text = '';
  for (const detail of DETAILS) {
    text = listFolder(root, detail, 0).join('\n');
    if (text.length <= maxChars) return text;
  }
  return cutText(text, maxChars);
}

/** An outline that was made for a larger budget, without its deepest levels. */
export function shortenOutline(outline: string, maxChars: number): string {
  if (outline.length <= maxChars) return outline;
  const lines = outline.split('\n');
  for (let depth = 8; depth >= 0; depth -= 1) {
    const text = lines.filter((line) => line.search(/\S/) <= depth * 2).join('\n');
    if (text.length <= maxChars) return text;
  }
  const top = lines.filter((line) => !line.startsWith(' '));
  return cutText(top.join('\n'), maxChars);
}

function toFolder(entries: readonly TreeEntry[]): Folder {
  const root = emptyFolder();
  for (const { path, type } of entries) {
    if (type === 'dir') continue;
    const parts = path.split('/');
    const name = parts.pop() ?? '';
    // What tools made is counted where it starts, not listed.
    if (isGenerated(path)) addGenerated(root, path);
    else folderAt(root, parts).files.push(type === 'file' ? name : `${name} (${type})`);
  }
  return root;
}

function addGenerated(root: Folder, path: string): void {
  const parts = path.split('/');
  const top = parts.findIndex((_, index) => isGenerated(`${parts.slice(0, index + 1).join('/')}/`));
  folderAt(root, parts.slice(0, top + 1));
}

/** Makes what is missing, and counts one file on the way. */
function folderAt(root: Folder, parts: readonly string[]): Folder {
  let at = root;
  at.count += 1;
  for (const part of parts) {
    const next = at.folders.get(part) ?? emptyFolder();
    at.folders.set(part, next);
    next.count += 1;
    at = next;
  }
  return at;
}

function emptyFolder(): Folder {
  return { folders: new Map(), files: [], count: 0 };
}

function listFolder(folder: Folder, detail: Detail, depth: number): string[] {
  const indent = '  '.repeat(depth);
  const lines: string[] = [];
  const folders = [...folder.folders].sort(([a], [b]) => compare(a, b));
  const shown = folders.slice(0, Math.max(detail.names, 8));
  for (const [name, child] of shown) {
    const [path, last] = skipChain(name, child);
    lines.push(`${indent}${oneLine(path, 200)}/ (${files(last.count)})`);
    if (depth + 1 < detail.depth) lines.push(...listFolder(last, detail, depth + 1));
  }
  if (folders.length > shown.length) {
    lines.push(`${indent}… ${folders.length - shown.length} more directories`);
  }
  return [...lines, ...listFiles(folder.files, detail, indent)];
}

function listFiles(names: readonly string[], detail: Detail, indent: string): string[] {
  const sorted = [...names].sort(compare);
  const lines = sorted.slice(0, detail.names).map((name) => `${indent}${oneLine(name, 120)}`);
  const rest = sorted.slice(detail.names);
  if (rest.length > 0) lines.push(`${indent}… ${files(rest.length)} more${kinds(rest)}`);
  return lines;
}

/** `a/b/c` on one line where each holds nothing but the next. */
function skipChain(name: string, folder: Folder): [string, Folder] {
  let path = name;
  let at = folder;
  while (at.files.length === 0 && at.folders.size === 1) {
    const [only] = at.folders;
    if (only === undefined) break;
    path = `${path}/${only[0]}`;
    at = only[1];
  }
  return [path, at];
}

function kinds(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) {
    const extension = extensionOf(name);
    if (extension !== '') counts.set(extension, (counts.get(extension) ?? 0) + 1);
  }
  const top = [...counts].sort((a, b) => b[1] - a[1] || compare(a[0], b[0])).slice(0, 3);
  if (top.length === 0) return '';
  return ` (${top.map(([extension, count]) => `${count} ${oneLine(extension, 12)}`).join(', ')})`;
}

function files(count: number): string {
  return count === 1 ? '1 file' : `${count} files`;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
