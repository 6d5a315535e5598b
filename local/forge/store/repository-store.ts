import { z } from 'zod';
import type { Database } from './database.ts';
import type { RepositoryRow, Settings } from './row-schema.ts';
import { repositoryRow } from './row-schema.ts';

export function findRepositoryByName(database: Database, name: string): RepositoryRow | undefined {
  return database.find(repositoryRow, 'select * from repository where name = :name', { name });
}

export function findRepositoryById(database: Database, id: number): RepositoryRow | undefined {
  return database.find(repositoryRow, 'select * from repository where id = :id', { id });
}

/** Finds the linked repository with this git directory. */
export function findRepositoryByGitDir(
  database: Database,
  gitDir: string,
): RepositoryRow | undefined {
  return database.find(
    repositoryRow,
    'select * from repository where git_dir = :gitDir and linked = 1 order by id limit 1',
    { gitDir },
  );
}

export function listRepositories(database: Database): RepositoryRow[] {
  return database.list(repositoryRow, 'select * from repository order by id');
}

export function addRepository(
  database: Database,
  repository: {
    readonly name: string;
    readonly gitDir: string;
    readonly linked: boolean;
    readonly bare: boolean;
    readonly defaultBranch: string;
    readonly settings: Settings;
    /** Epoch milliseconds. */
    readonly createdAt: number;
  },
): void {
  database.insert('repository', {
    name: repository.name,
    git_dir: repository.gitDir,
    linked: Number(repository.linked),
    bare: Number(repository.bare),
    default_branch: repository.defaultBranch,
    settings: JSON.stringify(repository.settings),
    created_at: repository.createdAt,
  });
}

/** Returns the next free number for a pull request. The caller must insert the pull request in the same transaction. */
export function reserveNextNumber(database: Database, repository: number): number {
  const row = database.find(
    z.object({ last_number: z.number() }),
    'update repository set last_number = last_number + 1 where id = :repository returning last_number',
    { repository },
  );
  if (row === undefined) throw new Error(`The database has no repository with id ${repository}.`);
  return row.last_number;
}
