import type { GitPath } from './git-path.ts';
import { isGitPath } from './git-path.ts';
import type { CommittedChange } from './sort-changes.ts';

// Parses the output of git commands with `-z`, which separates the parts by NUL characters, because no path contains NUL.

/** Outcome of a merge. */
export type MergeOutcome = {
  readonly isClean: boolean;
  /** Tree of the merge. Files in conflict contain conflict markers. */
  readonly tree: string;
  /** Paths in conflict; empty for a clean merge. */
  readonly files: GitPath[];
  /** Conflict messages of git, one line each. */
  readonly messages: string;
};

/** Returns the paths of an output in which a NUL character ends each path. */
export function parsePaths(text: string): GitPath[] {
  return text.split('\0').filter(isGitPath);
}

/** Parses `ls-tree -r -z`. Returns the object id of each path. */
export function parseTreeEntries(text: string): Map<GitPath, string> {
  const ids = new Map<GitPath, string>();
  for (const entry of text.split('\0')) {
    const [attributes = '', ...pathParts] = entry.split('\t');
    const path = pathParts.join('\t');
    if (isGitPath(path)) ids.set(path, attributes.split(' ')[2] ?? '');
  }
  return ids;
}

/** Change with the mode of the old entry. */
export type RawChange = CommittedChange & { readonly oldMode: string };

/**
 * Parses `--raw -z` of diff-tree and diff-files, in which each change is ":<modes> <blob ids> <status>" and a path. A status other
 * than A and D counts as M.
 */
export function parseRawDiff(text: string): RawChange[] {
  const parts = text.split('\0');
  const changes: RawChange[] = [];
  for (let index = 0; index + 1 < parts.length; index += 2) {
    const [oldMode = '', mode = '', oldBlob = '', newBlob = '', status = ''] = (
      parts[index] ?? ''
    ).split(' ');
    const path = parts[index + 1] ?? '';
    if (!isGitPath(path)) continue;
    const isKnownStatus = status === 'A' || status === 'D';
    changes.push({
      path,
      status: isKnownStatus ? status : 'M',
      oldMode: oldMode.slice(1),
      mode,
      oldBlob,
      newBlob,
    });
  }
  return changes;
}

/** Parses `merge-tree --write-tree -z --name-only --messages`: the tree, the paths in conflict, an empty part, and the messages. */
export function parseMergeTree(text: string, isClean: boolean): MergeOutcome {
  const parts = text.split('\0');
  const tree = (parts[0] ?? '').trim();
  const pathsEnd = parts.indexOf('', 1);
  const files = isClean
    ? []
    : [...new Set(parts.slice(1, pathsEnd === -1 ? undefined : pathsEnd).filter(isGitPath))];
  const messages =
    isClean || pathsEnd === -1 ? '' : parseConflictMessages(parts.slice(pathsEnd + 1)).join('\n');
  return { isClean, tree, files, messages: Buffer.from(messages, 'latin1').toString('utf8') };
}

/** Returns the texts of the conflict messages. A message has these parts: number of paths, the paths, kind, text. */
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
