import type { CheckRow } from './row-schema.ts';
import { checkRow } from './row-schema.ts';
import type { Rows } from './rows.ts';

/** Returns the check runs and commit statuses of a commit, oldest first. */
export function listChecks(rows: Rows, repository: number, sha: string): CheckRow[] {
  return rows.list(
    checkRow,
    'select * from check_run where repository = :repository and sha = :sha order by id',
    { repository, sha },
  );
}

export function findCheck(rows: Rows, repository: number, id: number): CheckRow | undefined {
  return rows.find(
    checkRow,
    'select * from check_run where id = :id and repository = :repository',
    { id, repository },
  );
}
