import type { Database } from './database.ts';
import type { CheckRow } from './row-schema.ts';
import { checkRow } from './row-schema.ts';

/** Returns the check runs and commit statuses of a commit, oldest first. */
export function listChecks(database: Database, repository: number, sha: string): CheckRow[] {
  return database.list(
    checkRow,
    'select * from check_run where repository = :repository and sha = :sha order by id',
    { repository, sha },
  );
}

export function findCheck(
  database: Database,
  repository: number,
  id: number,
): CheckRow | undefined {
  return database.find(
    checkRow,
    'select * from check_run where id = :id and repository = :repository',
    { id, repository },
  );
}
