import { ObjectReader } from './object-reader.ts';
import { Recent } from './recent.ts';

export type MergeAnswer =
  | { readonly kind: 'clean'; readonly tree: string }
  | { readonly kind: 'conflict'; readonly files: readonly string[] };

export type FileChange = {
  readonly path: string;
  readonly previousPath?: string;
  readonly status: 'added' | 'modified' | 'removed' | 'renamed';
  readonly additions: number;
  readonly deletions: number;
  /** Blob on the head side; of zeros when removed. */
  readonly sha: string;
};

/** A git directory with what was lately worked out about it. */
export type GitRepository = {
  readonly gitDir: string;
  /** Without a work tree of its own: nothing is checked out in it. */
  readonly bare: boolean;
  readonly objects: ObjectReader;
  readonly merges: Recent<MergeAnswer | undefined>;
  readonly mergeBases: Recent<string | undefined>;
  readonly counts: Recent<{ readonly behind: number; readonly ahead: number }>;
  readonly changes: Recent<readonly FileChange[]>;
};

export function openGitRepository(gitDir: string, bare: boolean): GitRepository {
  return {
    gitDir,
    bare,
    objects: new ObjectReader(gitDir),
    merges: new Recent(500),
    mergeBases: new Recent(5_000),
    counts: new Recent(1_000),
    changes: new Recent(50),
  };
}
