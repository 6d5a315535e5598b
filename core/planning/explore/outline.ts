import { toOneLine, truncateText } from '../../base/safe-text.ts';
import type { TreeEntry } from '../../port/forge.ts';
import { getExtension, isGeneratedOrVendoredPath } from './stack.ts';

// Renders a tree of thousands of files as an indented outline with a limited length. A long outline lists fewer files per
// directory, then fewer levels. Each directory shows the number of all its files, including files that are not listed.

/** A directory; `count` includes the files of all subfolders. */
type Folder = { readonly folders: Map<string, Folder>; readonly files: string[]; count: number };

/** `depth` is the number of levels to list, `files` the number of files to list per directory. */
type DetailLevel = { readonly depth: number; readonly files: number };

const DETAIL_LEVELS: readonly DetailLevel[] = [
  { depth: 50, files: 200 },
  { depth: 50, files: 60 },
  { depth: 50, files: 25 },
  { depth: 50, files: 12 },
  { depth: 6, files: 12 },
  { depth: 50, files: 6 },
  { depth: 5, files: 6 },
  { depth: 4, files: 6 },
  { depth: 4, files: 3 },
  { depth: 3, files: 3 },
  { depth: 2, files: 3 },
  { depth: 1, files: 3 },
];

/** Outlines a tree in as much detail as fits into `maxChars`. */
export function outlineTree(entries: readonly TreeEntry[], maxChars: number): string {
  const root = buildFolder(entries);
  let text = '';
  for (const detail of DETAIL_LEVELS) {
    text = listFolder(root, detail, 0).join('\n');
    if (text.length <= maxChars) return text;
  }
  return truncateText(text, maxChars);
}

/** Shortens an outline by removing its deepest levels. */
export function shortenOutline(outline: string, maxChars: number): string {
  if (outline.length <= maxChars) return outline;
  const lines = outline.split('\n');
  for (let depth = 8; depth >= 0; depth -= 1) {
    const text = lines.filter((line) => line.search(/\S/) <= depth * 2).join('\n');
    if (text.length <= maxChars) return text;
  }
  const top = lines.filter((line) => !line.startsWith(' '));
  return truncateText(top.join('\n'), maxChars);
}

function buildFolder(entries: readonly TreeEntry[]): Folder {
  const root = createFolder();
  for (const { path, type } of entries) {
    if (type === 'dir') continue;
    const parts = path.split('/');
    const name = parts.pop() ?? '';
    // Generated files are not listed; the highest generated directory shows their number.
    if (isGeneratedOrVendoredPath(path)) countGeneratedFile(root, path);
    else countFile(root, parts).files.push(type === 'file' ? name : `${name} (${type})`);
  }
  return root;
}

function countGeneratedFile(root: Folder, path: string): void {
  const parts = path.split('/');
  const top = parts.findIndex((_, index) =>
    isGeneratedOrVendoredPath(`${parts.slice(0, index + 1).join('/')}/`),
  );
  countFile(root, parts.slice(0, top + 1));
}

/** Counts a file in each folder on a path, creating missing folders, and returns the last folder. */
function countFile(root: Folder, parts: readonly string[]): Folder {
  let folder = root;
  folder.count += 1;
  for (const part of parts) {
    const child = folder.folders.get(part) ?? createFolder();
    folder.folders.set(part, child);
    child.count += 1;
    folder = child;
  }
  return folder;
}

function createFolder(): Folder {
  return { folders: new Map(), files: [], count: 0 };
}

function listFolder(folder: Folder, detail: DetailLevel, depth: number): string[] {
  const indent = '  '.repeat(depth);
  const lines: string[] = [];
  const folders = [...folder.folders].sort(([a], [b]) => compareText(a, b));
  const shown = folders.slice(0, Math.max(detail.files, 8));
  for (const [name, child] of shown) {
    const [path, last] = collapseChain(name, child);
    lines.push(`${indent}${toOneLine(path, 200)}/ (${formatFileCount(last.count)})`);
    if (depth + 1 < detail.depth) lines.push(...listFolder(last, detail, depth + 1));
  }
  if (folders.length > shown.length) {
    lines.push(`${indent}… ${folders.length - shown.length} more directories`);
  }
  return [...lines, ...listFiles(folder.files, detail, indent)];
}

function listFiles(names: readonly string[], detail: DetailLevel, indent: string): string[] {
  const sorted = [...names].sort(compareText);
  const lines = sorted.slice(0, detail.files).map((name) => `${indent}${toOneLine(name, 120)}`);
  const hidden = sorted.slice(detail.files);
  if (hidden.length > 0)
    lines.push(`${indent}… ${formatFileCount(hidden.length)} more${describeExtensions(hidden)}`);
  return lines;
}

/** Joins a chain of folders with a single subfolder each, as in `a/b/c`. */
function collapseChain(name: string, folder: Folder): [string, Folder] {
  let path = name;
  let last = folder;
  while (last.files.length === 0 && last.folders.size === 1) {
    const [child] = last.folders;
    if (child === undefined) break;
    path = `${path}/${child[0]}`;
    last = child[1];
  }
  return [path, last];
}

function describeExtensions(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) {
    const extension = getExtension(name);
    if (extension !== '') counts.set(extension, (counts.get(extension) ?? 0) + 1);
  }
  const top = [...counts].sort((a, b) => b[1] - a[1] || compareText(a[0], b[0])).slice(0, 3);
  if (top.length === 0) return '';
  return ` (${top.map(([extension, count]) => `${count} ${toOneLine(extension, 12)}`).join(', ')})`;
}

function formatFileCount(count: number): string {
  return count === 1 ? '1 file' : `${count} files`;
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
