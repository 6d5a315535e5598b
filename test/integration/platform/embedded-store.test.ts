import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { createSqliteTable } from '../../../adapters/sqlite/create-sqlite-table.ts';
import { openEmbeddedStore } from '../../../adapters/sqlite/open-store.ts';
import { removeExpired } from '../../../adapters/sqlite/remove-expired.ts';
import { isAppError } from '../../../core/base/app-error.ts';
import { ITEM_IS_ABSENT } from '../../../core/port/table.ts';
import { createTemporaryFolder } from '../../support/store/test-emulators.ts';

function openStore(folder: string) {
  const store = openEmbeddedStore(folder);
  onTestFinished(() => store.close());
  return { store, table: createSqliteTable(store) };
}

const key = (sk: string) => ({ pk: 'p', sk });

test('an acknowledged write is in the file for another reader at once, and after the store was opened again', async () => {
  const folder = await createTemporaryFolder();
  const { store, table } = openStore(folder);

  await table.put({ ...key('a'), n: 1 });

  const reader = new DatabaseSync(join(folder, 'store.sqlite'), { readOnly: true });
  onTestFinished(() => reader.close());
  expect(reader.prepare('select count(*) as count from item').get()).toEqual({ count: 1 });
  await store.close();
  expect(await openStore(folder).table.get(key('a'))).toEqual({ ...key('a'), n: 1 });
});

test('writes of one turn share a transaction; a broken rule rejects only its own call', async () => {
  const { table } = openStore(await createTemporaryFolder());

  const outcomes = await Promise.allSettled([
    table.put({ ...key('a'), n: 1 }, ITEM_IS_ABSENT),
    table.put({ ...key('a'), n: 2 }, ITEM_IS_ABSENT),
    table.put({ ...key('bad'), n: Number.NaN }),
    table.update(key('a'), { add: { n: 5 } }),
    table.get(key('a')),
  ]);

  expect(outcomes.map(({ status }) => status)).toEqual([
    'fulfilled',
    'fulfilled',
    'rejected',
    'fulfilled',
    'fulfilled',
  ]);
  expect(outcomes[1]).toMatchObject({ value: false });
  expect(outcomes[4]).toMatchObject({ value: { n: 6 } });
});

test('a failed statement rejects all calls of its transaction and leaves nothing, and later writes succeed', async () => {
  const { store, table } = openStore(await createTemporaryFolder());
  await table.put({ ...key('a'), n: 1 });
  store.database.exec('pragma max_page_count = 20');

  const outcomes = await Promise.allSettled([
    table.put({ ...key('a'), n: 2 }),
    table.put({ ...key('large'), text: 'x'.repeat(300_000) }),
  ]);

  for (const outcome of outcomes) {
    expect(outcome.status).toBe('rejected');
    if (outcome.status === 'rejected')
      expect(isAppError(outcome.reason, 'transient', 'store_full')).toBe(true);
  }
  expect(await table.get(key('a'))).toEqual({ ...key('a'), n: 1 });
  store.database.exec('pragma max_page_count = 100000');
  await table.put({ ...key('large'), text: 'x'.repeat(300_000) });
  expect((await table.query('p')).items).toHaveLength(2);
});

test('the file and its log are readable only by their owner', async () => {
  const folder = await createTemporaryFolder();
  const { table } = openStore(folder);
  await table.put(key('a'));

  for (const name of ['store.sqlite', 'store.sqlite-wal'])
    expect((await stat(join(folder, name))).mode & 0o077, name).toBe(0);
});

test('a damaged file is refused with instructions and stays unchanged', async () => {
  const folder = await createTemporaryFolder();
  const path = join(folder, 'store.sqlite');
  await writeFile(
    path,
    'this is not a database, but long enough to have a header of one hundred bytes'.repeat(4),
  );
  const before = await readFile(path);

  expect(() => openEmbeddedStore(folder)).toThrow(/is damaged.*restore a backup/);

  expect(await readFile(path)).toEqual(before);
});

test('data of a newer version is refused', async () => {
  const folder = await createTemporaryFolder();
  const { store } = openStore(folder);
  store.database.exec('pragma user_version = 99');
  await store.close();

  expect(() => openEmbeddedStore(folder)).toThrow(/version 99.*use the release/);
});

test('an unreadable item is reported as damaged data instead of being skipped', async () => {
  const { store, table } = openStore(await createTemporaryFolder());
  await table.put({ ...key('a'), n: 1 });
  store.database.exec(`update item set body = '{"pk":' where sk = 'a'`);

  const isDamage = (error: unknown) => isAppError(error, 'conflict', 'data_damaged');
  await expect(table.get(key('a'))).rejects.toSatisfy(isDamage);
  await expect(table.query('p')).rejects.toSatisfy(isDamage);
});

test('the removal of expired items keeps items with a later or no expiry', async () => {
  const { store, table } = openStore(await createTemporaryFolder());
  await Promise.all(
    Array.from({ length: 1_203 }, (_, n) => table.put({ ...key(`old-${n}`), expiresAt: 100 })),
  );
  await table.put({ ...key('later'), expiresAt: 300 });
  await table.put(key('never'));

  expect(await removeExpired(store, 200)).toBe(1_203);

  expect((await table.query('p')).items.map(({ sk }) => sk)).toEqual(['later', 'never']);
});

test.runIf(process.getuid?.() !== 0)('a read-only folder is refused with the cause', async () => {
  const folder = await createTemporaryFolder();
  await chmod(folder, 0o500);
  onTestFinished(() => chmod(folder, 0o700));

  expect(() => openEmbeddedStore(folder)).toThrow(/cannot be read or written/);
});
