import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const VERSION = 2;

const SCHEMA = `
create table repository (
  id integer primary key, name text not null unique collate nocase, git_dir text not null, linked integer not null,
  bare integer not null, default_branch text not null, settings text not null, last_number integer not null default 0,
  created_at integer not null
) strict;
create table pull (
  id integer primary key, repository integer not null references repository on delete cascade, number integer not null,
  title text not null, body text not null, state text not null, draft integer not null, head text not null,
  head_sha text not null, base text not null, base_sha text not null, author text not null, labels text not null,
  merge_sha text, merging_sha text, merged_at integer, merged_by text, closed_at integer,
  created_at integer not null, updated_at integer not null, unique (repository, number)
) strict;
create index pull_by_head on pull (repository, head, state);
create index pull_by_update on pull (repository, updated_at);
create table comment (
  id integer primary key, repository integer not null references repository on delete cascade, number integer not null,
  kind text not null, author text not null, body text not null, state text, commit_sha text, path text, line integer,
  review integer, at integer not null
) strict;
create index comment_by_pull on comment (repository, number, kind);
create table check_run (
  id integer primary key, repository integer not null references repository on delete cascade, sha text not null,
  kind text not null, name text not null, status text not null, conclusion text, title text not null,
  summary text not null, url text, author text not null, started_at integer not null, completed_at integer
) strict;
create index check_by_commit on check_run (repository, sha, kind);
create table ruleset (
  id integer primary key, repository integer not null references repository on delete cascade, name text not null,
  kind text not null, body text not null
) strict;
create table account (login text primary key collate nocase, type text not null, permission text not null) strict;
create table token (
  hash text primary key, login text not null, repositories text, branch text, permissions text, expires_at integer
) strict;
`;

/** SQL statements by version. The statements of a version migrate data of the previous version. */
const MIGRATIONS: ReadonlyMap<number, string> = new Map([
  [
    2,
    `alter table remark rename to comment;
    drop index remark_by_pull;
    create index comment_by_pull on comment (repository, number, kind);`,
  ],
]);

/**
 * Opens `forge.sqlite` in `dataDir`, which is created if missing, and migrates older data. Throws for data of a newer version.
 */
export function openDatabase(dataDir: string): DatabaseSync {
  mkdirSync(dataDir, { recursive: true });
  const database = new DatabaseSync(join(dataDir, 'forge.sqlite'));
  database.exec(
    'pragma journal_mode = wal; pragma synchronous = normal; pragma foreign_keys = on;',
  );
  database.exec('pragma busy_timeout = 5000;');
  const version = Number(database.prepare('pragma user_version').get()?.user_version ?? 0);
  if (version > VERSION) {
    database.close();
    throw new Error(
      `The forge data in ${dataDir} has version ${version}, but this release knows versions up to ${VERSION}. Use a newer release, or delete the folder to start without the old data.`,
    );
  }
  if (version === 0) {
    database.exec(`begin; ${SCHEMA} pragma user_version = ${VERSION}; commit;`);
    return database;
  }
  for (let next = version + 1; next <= VERSION; next += 1) {
    database.exec(`begin; ${MIGRATIONS.get(next) ?? ''} pragma user_version = ${next}; commit;`);
  }
  return database;
}
