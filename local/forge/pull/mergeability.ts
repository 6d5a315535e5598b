import type { Faults } from '../fault.ts';
import type { GitRepository } from '../git/git-repository.ts';
import { mergeTrees } from '../git/relate-commits.ts';
import type { PullRow } from '../store/row-schema.ts';

/**
 * Returns whether a pull request can be merged without conflicts. As on GitHub, the first reads after head or base has moved
 * start the computation and return null; the injected fault `mergeableNullReads` sets the number of such reads.
 */
export type MergeabilityReader = (git: GitRepository, pull: PullRow) => Promise<boolean | null>;

const DEFAULT_NULL_READS = 1;

export function createMergeabilityReader(faults: Faults): MergeabilityReader {
  const readsByPull = new Map<number, { readonly commits: string; readonly count: number }>();
  return async (git, pull) => {
    const commits = `${pull.head_sha} ${pull.base_sha}`;
    const reads = readsByPull.get(pull.id);
    const count = reads?.commits === commits ? reads.count : 0;
    const merge = mergeTrees(git, pull.base_sha, pull.head_sha);
    if (count < (faults.settings.mergeableNullReads ?? DEFAULT_NULL_READS)) {
      readsByPull.set(pull.id, { commits, count: count + 1 });
      merge.catch(() => undefined);
      return null;
    }
    return (await merge)?.kind === 'clean';
  };
}
