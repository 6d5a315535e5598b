import type { ForgeContext } from '../forge-context.ts';
import { invalid } from '../http-error.ts';
import { findReopenRefusal } from '../rules/pull-rules.ts';
import { getPull, listPulls } from '../store/pull-store.ts';
import type { PullRow, RepositoryRow } from '../store/row-schema.ts';
import { announcePull } from './announce.ts';
import { relateBranches } from './relate-branches.ts';

/** Reopens a closed pull request. Throws 422 in GitHub's words. The caller holds the repository's lock. */
export async function reopenLockedPull(
  context: ForgeContext,
  repository: RepositoryRow,
  pull: PullRow,
  login: string,
): Promise<PullRow> {
  const { head, base } = pull;
  const relation = await relateBranches(context.git(repository), head, base);
  const filter = { state: 'open', head, base, sort: 'created', ascending: false } as const;
  const open = listPulls(context.rows, repository.id, filter, { offset: 0, limit: 1 });
  const refusal = findReopenRefusal({
    ...relation,
    head: head,
    isMerged: pull.merged_at !== null,
    hasOpenPull: open.length > 0,
  });
  if (refusal !== undefined) {
    const message = `state cannot be changed. ${refusal}`;
    throw invalid('PullRequest', { field: 'state', message });
  }
  context.rows.update('pull', pull.id, {
    state: 'open',
    closed_at: null,
    head_sha: relation.headSha ?? pull.head_sha,
    base_sha: relation.baseSha ?? pull.base_sha,
    updated_at: context.now(),
  });
  const reopened = getPull(context.rows, pull.id) ?? pull;
  announcePull(context, repository, reopened, 'reopened', login);
  return reopened;
}
