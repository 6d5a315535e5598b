import type { ForgeContext } from '../forge-context.ts';
import { listOpenPullsOfBranch } from '../store/pull-store.ts';
import type { RepositoryRow } from '../store/row-schema.ts';
import { announceEvent } from './announce.ts';
import { refreshPull } from './refresh-pull.ts';

const ABSENT = '0'.repeat(40);

/** A branch that moved from one commit to another. Undefined: the branch does not exist. */
export type BranchChange = {
  readonly branch: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
};

/** Announces a push and refreshes the pull requests of the branch. The caller must not hold the repository's lock. */
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
      before: change.before ?? ABSENT,
      after: change.after ?? ABSENT,
      created: change.before === undefined,
      deleted: change.after === undefined,
      forced: false,
      commits: [],
      pusher: { name: login },
    },
    login,
  );
  for (const pull of listOpenPullsOfBranch(context.rows, repository.id, change.branch)) {
    await refreshPull(context, repository, pull, login);
  }
}
