import type { GitPath } from './git-path.ts';
import { toDisplayPath } from './git-path.ts';

/** An added path, and another path of the commit from which it differs only in upper and lower case. Both in display form. */
export type CaseCollision = { readonly path: string; readonly other: string };

/**
 * Finds added paths that differ only in case from another file or folder. The file systems of macOS and Windows can hold only one of
 * both, so a checkout of the commit is incomplete there.
 *
 * @param paths all paths of the commit, with the added paths
 */
export function findCaseCollisions(
  paths: readonly GitPath[],
  addedPaths: readonly GitPath[],
): CaseCollision[] {
  const namesByKey = new Map<string, Set<string>>();
  for (const path of paths) {
    for (const name of listPrefixes(toDisplayPath(path))) {
      const key = name.toLowerCase();
      const names = namesByKey.get(key) ?? new Set();
      namesByKey.set(key, names.add(name));
    }
  }
  return addedPaths.flatMap((addedPath): CaseCollision[] => {
    const path = toDisplayPath(addedPath);
    for (const name of listPrefixes(path)) {
      const names = namesByKey.get(name.toLowerCase()) ?? [];
      const other = [...names].find((candidate) => candidate !== name);
      if (other !== undefined) return [{ path, other }];
    }
    return [];
  });
}

/** Returns the folders of a path, outermost first, and the path itself. */
function listPrefixes(path: string): string[] {
  const segments = path.split('/');
  return segments.map((_segment, index) => segments.slice(0, index + 1).join('/'));
}
