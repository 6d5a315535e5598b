import type { ForgeContext } from '../forge-context.ts';
import { validationFailed } from '../http-error.ts';
import { findCreationRefusal } from '../rules/pull-rules.ts';
import { findPullByNumber, listPulls } from '../store/pull-store.ts';
import { reserveNextNumber } from '../store/repository-store.ts';
import type { PullRow, RepositoryRow } from '../store/row-schema.ts';
import { announcePull } from './announce.ts';
import { refreshPullUnderLock } from './refresh-pull.ts';
import { haveCommonHistory, relateBranches } from './relate-branches.ts';

/** A pull request to open; `head` is a branch of the same repository. */
export type NewPull = {
  readonly head: string;
  readonly base: string;
  readonly title: string;
  readonly body: string;
  readonly draft: boolean;
};

/**
 * Opens a pull request. Throws an HttpError 422 with GitHub's message if GitHub would refuse. Acquires the repository's lock.
 */
export function createPull(
  context: ForgeContext,
  repository: RepositoryRow,
  pull: NewPull,
  login: string,
): Promise<PullRow> {
  return context.lock(repository.id, async () => {
    const git = context.openGit(repository);
    const relation = await relateBranches(git, pull.head, pull.base);
    const refusal = findCreationRefusal({
      ...relation,
      owner: repository.name.split('/')[0] ?? '',
      head: pull.head,
      base: pull.base,
      haveCommonHistory: await haveCommonHistory(git, relation),
      hasOpenPull: await hasOpenPull(context, repository, pull, login),
      isDraft: pull.draft,
      allowsDrafts: repository.settings.allowDrafts,
    });
    if (refusal !== undefined) throw validationFailed('PullRequest', refusal.error);
    const { headSha = '', baseSha = '' } = relation;
    const created = insertPull(context, repository, pull, { headSha, baseSha }, login);
    announcePull(context, repository, created, 'opened', login);
    return created;
  });
}

async function hasOpenPull(
  context: ForgeContext,
  repository: RepositoryRow,
  { head, base }: NewPull,
  login: string,
): Promise<boolean> {
  const filter = { state: 'open', head, base, sort: 'created', ascending: false } as const;
  const [storedPull] = listPulls(context.database, repository.id, filter, { offset: 0, limit: 1 });
  if (storedPull === undefined) return false;
  const pull = await refreshPullUnderLock(context, repository, storedPull, login);
  return pull.state === 'open';
}

function insertPull(
  context: ForgeContext,
  repository: RepositoryRow,
  pull: NewPull,
  commits: { readonly headSha: string; readonly baseSha: string },
  login: string,
): PullRow {
  const { database } = context;
  const now = context.now();
  const number = database.transaction(() => {
    const nextNumber = reserveNextNumber(database, repository.id);
    database.insert('pull', {
      repository: repository.id,
      number: nextNumber,
      title: pull.title,
      body: pull.body,
      state: 'open',
      draft: Number(pull.draft),
      head: pull.head,
      head_sha: commits.headSha,
      base: pull.base,
      base_sha: commits.baseSha,
      author: login,
      labels: '[]',
      created_at: now,
      updated_at: now,
    });
    return nextNumber;
  });
  const created = findPullByNumber(database, repository.id, number);
  if (created === undefined)
    throw new Error(`The forge database has no pull request ${number} after it was written.`);
  return created;
}
