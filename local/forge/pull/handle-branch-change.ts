import type { ForgeContext } from '../forge-context.ts';
import { listOpenPullsOfBranch } from '../store/pull-store.ts';
import type { RepositoryRow } from '../store/row-schema.ts';
import { announceEvent } from './announce.ts';
import { refreshPull } from './refresh-pull.ts';

const ZERO_SHA = '0'.repeat(40);

/** Head commits of a branch before and after a change. Undefined: the branch did not exist before, or is deleted. */
export type BranchChange = {
  readonly branch: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
};

/**
 * Sends a `push` event and updates the open pull requests from or into the branch. The caller must not hold the repository's
 * lock, because the updates acquire the lock.
 */
export async function handleBranchChange(
  context: ForgeContext,
  repository: RepositoryRow,
  change: BranchChange,
  login: string,
): Promise<void> {
  if (change.before === change.after) return;
  announceEvent(
    context,
    repository,
    'push',
    {
      ref: `refs/heads/${change.branch}`,
      before: change.before ?? ZERO_SHA,
      after: change.after ?? ZERO_SHA,
      created: change.before === undefined,
      deleted: change.after === undefined,
      forced: false,
      commits: [],
      pusher: { name: login },
    },
    login,
  );
  for (const pull of listOpenPullsOfBranch(context.database, repository.id, change.branch)) {
    await refreshPull(context, repository, pull, login);
  }
}
