import type { ForgeContext } from '../forge-context.ts';
import { validationFailed } from '../http-error.ts';
import { findReopenRefusal } from '../rules/pull-rules.ts';
import { findPullById, listPulls } from '../store/pull-store.ts';
import type { PullRow, RepositoryRow } from '../store/row-schema.ts';
import { announcePull } from './announce.ts';
import { relateBranches } from './relate-branches.ts';

/** Reopens a closed pull request. Throws an HttpError 422 if GitHub would refuse. The caller holds the repository's lock. */
export async function reopenPullUnderLock(
  context: ForgeContext,
  repository: RepositoryRow,
  pull: PullRow,
  login: string,
): Promise<PullRow> {
  const { head, base } = pull;
  const relation = await relateBranches(context.openGit(repository), head, base);
  const filter = { state: 'open', head, base, sort: 'created', ascending: false } as const;
  const openPulls = listPulls(context.database, repository.id, filter, { offset: 0, limit: 1 });
  const refusal = findReopenRefusal({
    ...relation,
    head,
    isMerged: pull.merged_at !== null,
    hasOpenPull: openPulls.length > 0,
  });
  if (refusal !== undefined) {
    const message = `state cannot be changed. ${refusal}`;
    throw validationFailed('PullRequest', { field: 'state', message });
  }
  context.database.update('pull', pull.id, {
    state: 'open',
    closed_at: null,
    head_sha: relation.headSha ?? pull.head_sha,
    base_sha: relation.baseSha ?? pull.base_sha,
    updated_at: context.now(),
  });
  const reopened = findPullById(context.database, pull.id) ?? pull;
  announcePull(context, repository, reopened, 'reopened', login);
  return reopened;
}
