import type { Faults } from '../fault.ts';
import type { GitRepository } from '../git/git-repository.ts';
import { mergeTrees } from '../git/relate-commits.ts';
import type { PullRow } from '../store/row-schema.ts';

/**
 * Whether a pull request merges cleanly. The first read after its head or base moved answers null and starts the work,
 * as on GitHub.
 */
export type Mergeability = (git: GitRepository, pull: PullRow) => Promise<boolean | null>;

const DEFAULT_NULL_READS = 1;

export function createMergeability(faults: Faults): Mergeability {
  const reads = new Map<number, { readonly key: string; readonly count: number }>();
  return async (git, pull) => {
    const key = `${pull.head_sha} ${pull.base_sha}`;
    const known = reads.get(pull.id);
    const count = known?.key === key ? known.count : 0;
    const answer = mergeTrees(git, pull.base_sha, pull.head_sha);
    if (count < (faults.settings.mergeableNullReads ?? DEFAULT_NULL_READS)) {
      reads.set(pull.id, { key, count: count + 1 });
      answer.catch(() => undefined);
      return null;
    }
    return (await answer)?.kind === 'clean';
  };
}
