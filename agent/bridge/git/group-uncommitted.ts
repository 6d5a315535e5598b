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
  const groups = new Map<string, { readonly group: Uncommitted; readonly examples: string[] }>();
  for (const { path, cause } of paths) {
    const display = toDisplayPath(path).slice(0, MAX_PATH_CHARS);
    const slash = display.indexOf('/');
    const folder = slash === -1 ? '.' : display.slice(0, slash);
    const key = `${cause} ${folder}`;
    const { group, examples } = groups.get(key) ?? {
      group: { folder, count: 0, cause, examples: [] },
      examples: [],
    };
    if (examples.length < MAX_EXAMPLES) examples.push(display);
    groups.set(key, { group: { ...group, count: group.count + 1, examples }, examples });
  }
  return [...groups.values()]
    .map(({ group }) => group)
    .sort((a, b) => b.count - a.count)
    .slice(0, MAX_GROUPS);
}
