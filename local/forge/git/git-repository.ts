import { LruCache } from './lru-cache.ts';
import { ObjectReader } from './object-reader.ts';

/** Result of merging two commits: the id of the merged tree, or the paths with conflicts. */
export type TreeMerge =
  | { readonly kind: 'clean'; readonly tree: string }
  | { readonly kind: 'conflict'; readonly files: readonly string[] };

/** A file that differs between two commits. */
export type FileChange = {
  readonly path: string;
  readonly previousPath?: string;
  readonly status: 'added' | 'modified' | 'removed' | 'renamed';
  /** Added and deleted lines; 0 for a binary file. */
  readonly additions: number;
  readonly deletions: number;
  /** Id of the file content after the change; 40 zeros for a removed file. */
  readonly sha: string;
};

/** A git directory, with caches of results that never change because they depend only on commit ids. */
export type GitRepository = {
  readonly gitDir: string;
  /** Git directory without settings and attributes, for commands that could otherwise run programs of this repository. */
  readonly plainGitDir: string;
  /** True: the directory has no work tree of its own. */
  readonly bare: boolean;
  readonly objects: ObjectReader;
  /** Merges of two commits; undefined: the commits have no common ancestor. */
  readonly merges: LruCache<TreeMerge | undefined>;
  /** Merge bases of two commits; undefined: the commits have no common ancestor. */
  readonly mergeBases: LruCache<string | undefined>;
  readonly commitCounts: LruCache<{ readonly behind: number; readonly ahead: number }>;
  readonly changes: LruCache<readonly FileChange[]>;
};

export function openGitRepository(
  gitDir: string,
  bare: boolean,
  plainGitDir: string,
): GitRepository {
  return {
    gitDir,
    plainGitDir,
    bare,
    objects: new ObjectReader(gitDir),
    merges: new LruCache(500),
    mergeBases: new LruCache(5_000),
    commitCounts: new LruCache(1_000),
    changes: new LruCache(50),
  };
}
