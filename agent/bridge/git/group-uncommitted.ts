import type { Uncommitted, UncommittedCause } from '../../../core/contract/flag.ts';
import type { GitPath } from './git-path.ts';
import { toDisplayPath } from './git-path.ts';

/** Path that the agent created or changed and that no commit contains. */
export type UncommittedPath = { readonly path: GitPath; readonly cause: UncommittedCause };

/** Limits in the contract of the result. */
const MAX_GROUPS = 50;
const MAX_EXAMPLES = 3;
const MAX_PATH_CHARS = 200;

/** Groups paths by their top folder and cause, largest group first. */
export function groupUncommitted(paths: readonly UncommittedPath[]): Uncommitted[] {
  const groups = new Map<string, Uncommitted>();
  for (const { path, cause } of paths) {
    const display = toDisplayPath(path).slice(0, MAX_PATH_CHARS);
    const slash = display.indexOf('/');
    const folder = slash === -1 ? '.' : display.slice(0, slash);
    const key = `${cause} ${folder}`;
    const { count, examples } = groups.get(key) ?? { count: 0, examples: [] };
    const shown = examples.length < MAX_EXAMPLES ? [...examples, display] : examples;
    groups.set(key, { folder, count: count + 1, cause, examples: shown });
  }
  return [...groups.values()]
    .sort((a, b) => b.count - a.count || (a.folder < b.folder ? -1 : 1))
    .slice(0, MAX_GROUPS);
}
