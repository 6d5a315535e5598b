import type { Change } from './sort-changes.ts';

// Parses output of git plumbing with `-z`: a path may contain any character but NUL.

/** Outcome of a merge without a work tree. */
export type MergeOutcome = {
  readonly isClean: boolean;
  /** Tree of the merge; after conflicts the files contain conflict markers. */
  readonly tree: string;
  /** Paths in conflict; empty for a clean merge. */
  readonly files: string[];
  /** Conflict messages of git, a line each. */
  readonly messages: string;
};

/** Splits NUL-terminated parts; drops empty parts. */
export function splitNulSeparated(text: string): string[] {
  return text.split('\0').filter((part) => part !== '');
}

/** Parses `--name-status -z`: status and path in turn. A status other than A and D counts as M. */
export function parseNameStatus(text: string): Change[] {
  const parts = splitNulSeparated(text);
  const changes: Change[] = [];
  for (let index = 0; index + 1 < parts.length; index += 2) {
    const letter = parts[index] ?? '';
    const path = parts[index + 1] ?? '';
    changes.push({ path, status: letter === 'A' || letter === 'D' ? letter : 'M' });
  }
  return changes;
}

/** Parses `merge-tree --write-tree -z --name-only --messages`: tree, paths in conflict, an empty part, then the messages. */
export function parseMergeTree(text: string, isClean: boolean): MergeOutcome {
  const parts = text.split('\0');
  const tree = (parts[0] ?? '').trim();
  const end = parts.indexOf('', 1);
  const files = isClean ? [] : [...new Set(parts.slice(1, end === -1 ? undefined : end))];
  const messages =
    isClean || end === -1 ? '' : parseConflictMessages(parts.slice(end + 1)).join('\n');
  return { isClean, tree, files, messages };
}

/** Collects the texts of conflict messages. A message is a path count, the paths, a kind and the text. */
function parseConflictMessages(parts: string[]): string[] {
  const texts: string[] = [];
  for (let start = 0; start < parts.length; ) {
    const pathCount = Number(parts[start]);
    if (!Number.isInteger(pathCount) || parts[start] === '') break;
    const text = parts[start + pathCount + 2];
    if (text?.startsWith('CONFLICT')) texts.push(text.trim());
    start += pathCount + 3;
  }
  return texts;
}
