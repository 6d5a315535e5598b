import type { PullRow } from './row-schema.ts';
import { pullRow } from './row-schema.ts';
import type { Rows } from './rows.ts';

export function findPull(rows: Rows, repository: number, number: number): PullRow | undefined {
  return rows.find(
    pullRow,
    'select * from pull where repository = :repository and number = :number',
    { repository, number },
  );
}

export function getPull(rows: Rows, id: number): PullRow | undefined {
  return rows.find(pullRow, 'select * from pull where id = :id', { id });
}

/** Filter and order of a list of pull requests. An absent member filters nothing. */
export type PullFilter = {
  readonly state: 'open' | 'closed' | 'all';
  readonly head?: string;
  readonly base?: string;
  readonly sort: 'created' | 'updated';
  readonly ascending: boolean;
};

/** Returns a page of the matching pull requests. */
export function listPulls(
  rows: Rows,
  repository: number,
  filter: PullFilter,
  page: { readonly offset: number; readonly limit: number },
): PullRow[] {
  const order = filter.sort === 'updated' ? 'updated_at' : 'created_at';
  const direction = filter.ascending ? 'asc' : 'desc';
  return rows.list(
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

export function listOpenPulls(rows: Rows, repository: number): PullRow[] {
  return rows.list(
    pullRow,
    "select * from pull where repository = :repository and state = 'open' order by number",
    { repository },
  );
}

/** Returns the open pull requests whose head or base is a branch. */
export function listOpenPullsOfBranch(rows: Rows, repository: number, branch: string): PullRow[] {
  return listOpenPulls(rows, repository).filter(
    (pull) => pull.head === branch || pull.base === branch,
  );
}
