import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDatabase } from './open-database.ts';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'smol-gang-database-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

test('openDatabase migrates the comments of a version 1 database', () => {
  openDatabase(dataDir).close();
  const old = new DatabaseSync(join(dataDir, 'forge.sqlite'));
  old.exec(`alter table comment rename to remark; drop index comment_by_pull;
    create index remark_by_pull on remark (repository, number, kind); pragma user_version = 1;
    pragma foreign_keys = off;
    insert into remark (repository, number, kind, author, body, at) values (1, 2, 'comment', 'ada', 'Hello', 3);`);
  old.close();

  const database = openDatabase(dataDir);

  expect(database.prepare('select author, body from comment').all()).toMatchObject([
    { author: 'ada', body: 'Hello' },
  ]);
  expect(database.prepare('pragma user_version').get()).toEqual({ user_version: 2 });
  database.close();
});

test('openDatabase rejects a database of a newer version', () => {
  const database = openDatabase(dataDir);
  database.exec('pragma user_version = 99');
  database.close();

  expect(() => openDatabase(dataDir)).toThrow(/has version 99/);
});
