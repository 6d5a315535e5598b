import type { Change } from './sort-changes.ts';

// Reads what git's plumbing answers with `-z`: paths may hold anything but NUL.

export type MergeOutcome = {
  readonly isClean: boolean;
  /** With conflicts: holds the files with their markers. */
  readonly tree: string;
  /** Paths in conflict. */
  readonly files: string[];
  /** What git says about them. */
  readonly messages: string;
};

/** Parts that end with a NUL. */
export function splitNulSeparated(text: string): string[] {
  return text.split('\0').filter((part) => part !== '');
}

/** Of `--name-status -z`: status and path in turn. */
export function parseNameStatus(text: string): Change[] {
  const parts = splitNulSeparated(text);
  const changes: Change[] = [];
  for (let i = 0; i + 1 < parts.length; i += 2) {
    const letter = parts[i] ?? '';
    const path = parts[i + 1] ?? '';
    changes.push({ path, status: letter === 'A' || letter === 'D' ? letter : 'M' });
  }
  return changes;
}

/** Of `merge-tree --write-tree -z --name-only --messages`: tree, conflicted names, an empty part, then the messages. */
export function parseMergeTree(text: string, clean: boolean): MergeOutcome {
  const parts = text.split('\0');
  const tree = (parts[0] ?? '').trim();
  const end = parts.indexOf('', 1);
  const files = clean ? [] : [...new Set(parts.slice(1, end === -1 ? undefined : end))];
  const messages =
    clean || end === -1 ? '' : parseConflictMessages(parts.slice(end + 1)).join('\n');
  return { isClean: clean, tree, files, messages };
}

/** Each message is a number of paths, the paths, a kind, then the text. */
function parseConflictMessages(parts: string[]): string[] {
  const texts: string[] = [];
  for (let i = 0; i < parts.length; ) {
    const paths = Number(parts[i]);
    if (!Number.isInteger(paths) || parts[i] === '') break;
    const text = parts[i + paths + 2];
    if (text?.startsWith('CONFLICT')) texts.push(text.trim());
    i += paths + 3;
  }
  return texts;
}
