import { z } from 'zod';
import type { RepositoryRow, Settings } from './row-schema.ts';
import { repositoryRow } from './row-schema.ts';
import type { Rows } from './rows.ts';

export function findRepository(rows: Rows, name: string): RepositoryRow | undefined {
  return rows.find(repositoryRow, 'select * from repository where name = :name', { name });
}

export function getRepository(rows: Rows, id: number): RepositoryRow | undefined {
  return rows.find(repositoryRow, 'select * from repository where id = :id', { id });
}

export function listRepositories(rows: Rows): RepositoryRow[] {
  return rows.list(repositoryRow, 'select * from repository order by id');
}

export function addRepository(
  rows: Rows,
  repository: {
    readonly name: string;
    readonly gitDir: string;
    readonly linked: boolean;
    readonly bare: boolean;
    readonly defaultBranch: string;
    readonly settings: Settings;
    /** Epoch milliseconds. */
    readonly at: number;
  },
): void {
  rows.insert('repository', {
    name: repository.name,
    git_dir: repository.gitDir,
    linked: Number(repository.linked),
    bare: Number(repository.bare),
    default_branch: repository.defaultBranch,
    settings: JSON.stringify(repository.settings),
    created_at: repository.at,
  });
}

/** Returns the next number of issues and pull requests. Call inside a transaction. */
export function takeNumber(rows: Rows, repository: number): number {
  const row = rows.find(
    z.object({ last_number: z.number() }),
    'update repository set last_number = last_number + 1 where id = :repository returning last_number',
    { repository },
  );
  if (row === undefined) throw new Error(`The database has no repository with id ${repository}.`);
  return row.last_number;
}
