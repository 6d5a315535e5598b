import type { ForgeContext } from '../forge-context.ts';
import { listPullsAt } from '../store/pull-store.ts';
import type { RepositoryRow } from '../store/row-schema.ts';
import { announce } from './announce.ts';
import { refreshPull } from './refresh-pull.ts';

const ABSENT = '0'.repeat(40);

export type BranchChange = {
  readonly branch: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
};

/** What follows from a branch that was moved; the caller does not hold the repository's lock. */
export async function afterBranchChange(
  context: ForgeContext,
  repository: RepositoryRow,
  change: BranchChange,
  login: string,
): Promise<void> {
  if (change.before === change.after) return;
  announce(
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
  for (const pull of listPullsAt(context.rows, repository.id, change.branch)) {
    await refreshPull(context, repository, pull, login);
  }
}
