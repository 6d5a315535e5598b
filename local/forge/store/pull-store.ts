import type { Database } from './database.ts';
import type { PullRow } from './row-schema.ts';
import { pullRow } from './row-schema.ts';

/** Returns the pull request with a number in a repository. */
export function findPullByNumber(
  database: Database,
  repository: number,
  number: number,
): PullRow | undefined {
  return database.find(
    pullRow,
    'select * from pull where repository = :repository and number = :number',
    { repository, number },
  );
}

/** Returns the pull request with a database id, which is unique across repositories. */
export function findPullById(database: Database, id: number): PullRow | undefined {
  return database.find(pullRow, 'select * from pull where id = :id', { id });
}

/** Filter and order of a list of pull requests. An absent branch does not filter. */
export type PullFilter = {
  readonly state: 'open' | 'closed' | 'all';
  readonly head?: string;
  readonly base?: string;
  readonly sort: 'created' | 'updated';
  readonly ascending: boolean;
};

/** Returns the matching pull requests of a page; `offset` and `limit` count pull requests. */
export function listPulls(
  database: Database,
  repository: number,
  filter: PullFilter,
  page: { readonly offset: number; readonly limit: number },
): PullRow[] {
  const order = filter.sort === 'updated' ? 'updated_at' : 'created_at';
  const direction = filter.ascending ? 'asc' : 'desc';
  return database.list(
    pullRow,
    `select * from pull where repository = :repository and (:state = 'all' or state = :state)
      and (:head is null or head = :head) and (:base is null or base = :base)
      order by ${order} ${direction}, number ${direction} limit :limit offset :offset`,
    {
      repository,
      state: filter.state,
      head: filter.head ?? null,
      base: filter.base ?? null,
      limit: page.limit,
      offset: page.offset,
    },
  );
}

export function listOpenPulls(database: Database, repository: number): PullRow[] {
  return database.list(
    pullRow,
    "select * from pull where repository = :repository and state = 'open' order by number",
    { repository },
  );
}

/** Returns the open pull requests whose head or base is `branch`. */
export function listOpenPullsOfBranch(
  database: Database,
  repository: number,
  branch: string,
): PullRow[] {
  return listOpenPulls(database, repository).filter(
    (pull) => pull.head === branch || pull.base === branch,
  );
}

/** Returns whether a commit is the merge commit of a pull request of the repository. */
export function isMergeOfPull(database: Database, repository: number, commit: string): boolean {
  const merged = database.find(
    pullRow,
    'select * from pull where repository = :repository and merge_sha = :commit limit 1',
    { repository, commit },
  );
  return merged !== undefined;
}
