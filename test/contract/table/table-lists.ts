import { describe, expect } from 'vitest';
import { isAppError } from '../../../core/base/app-error.ts';
import type { Item, Table } from '../../../core/port/table.ts';
import type { TableFixture } from './table-fixture.ts';

/** Describes partitions and indexes: their members, their order and their pages. */
export function describeTableLists(name: string, fixture: TableFixture): void {
  const { key, put, listSortKeys, testTable } = fixture;

  describe(`${name}: partitions`, () => {
    testTable('items are ordered by the bytes of their sort key', async () => {
      for (const sk of ['b', 'a', 'a#1', 'B', 'ü', '\u{1F600}', '\u{FF5E}', 'a#02']) await put(sk);

      expect(await listSortKeys()).toEqual([
        'B',
        'a',
        'a#02',
        'a#1',
        'b',
        'ü',
        '\u{FF5E}',
        '\u{1F600}',
      ]);
      expect(await listSortKeys({ reverse: true, limit: 2 })).toEqual(['\u{1F600}', '\u{FF5E}']);
    });

    testTable('prefix and from restrict a query, alone and together', async () => {
      for (const sk of ['a#1', 'a#2', 'a#3', 'a', 'b#1', 'b#2', 'c']) await put(sk);

      expect(await listSortKeys({ prefix: 'a#' })).toEqual(['a#1', 'a#2', 'a#3']);
      expect(await listSortKeys({ from: 'b#1' })).toEqual(['b#1', 'b#2', 'c']);
      expect(await listSortKeys({ prefix: 'a#', from: 'a#2' })).toEqual(['a#2', 'a#3']);
      expect(await listSortKeys({ prefix: 'b#', from: 'a' })).toEqual(['b#1', 'b#2']);
      expect(await listSortKeys({ prefix: 'a#', from: 'b' })).toEqual([]);
      expect(await listSortKeys({ prefix: 'a#', from: 'a#2', reverse: true })).toEqual([
        'a#3',
        'a#2',
      ]);
      expect(await listSortKeys({ prefix: 'none' })).toEqual([]);
    });

    testTable('a query returns only items of its partition', async (table) => {
      await put('a');
      await table.put({ pk: `${key().pk}0`, sk: 'a' });

      expect(await listSortKeys()).toEqual(['a']);
    });

    testTable('the pages of a query cover all items in both directions', async (table) => {
      const all = Array.from(
        { length: 23 },
        (_, index) => `item-${String(index).padStart(2, '0')}`,
      );
      for (const sk of all) await put(sk);
      await put('other');

      const forward = await collectPages((after) =>
        table.query(key().pk, { prefix: 'item-', limit: 5, after }),
      );
      const backward = await collectPages((after) =>
        table.query(key().pk, { prefix: 'item-', limit: 5, reverse: true, after }),
      );

      expect(forward.map((item) => item.sk)).toEqual(all);
      expect(backward.map((item) => item.sk)).toEqual([...all].reverse());
    });

    testTable('a page without a limit ends at 1 MB', async (table) => {
      for (const sk of ['a', 'b', 'c', 'd']) await put(sk, { text: 'x'.repeat(350 * 1024) });

      const first = await table.query(key().pk);
      const all = await collectPages((after) => table.query(key().pk, { after }));

      expect(first.items).toHaveLength(3);
      expect(all.map((item) => item.sk)).toEqual(['a', 'b', 'c', 'd']);
    });

    testTable('a cursor of another list and a malformed cursor are invalid', async (table) => {
      for (const sk of ['a', 'b', 'c']) await put(sk);
      const { next } = await table.query(key().pk, { limit: 1 });
      const isInvalid = (error: unknown) => isAppError(error, 'invalid', 'bad_cursor');
      const queryPartition = async (options: Parameters<Table['query']>[1]) =>
        table.query(key().pk, options);

      await expect(async () => table.query('other-partition', { after: next })).rejects.toSatisfy(
        isInvalid,
      );
      await expect(queryPartition({ after: next, prefix: 'b' })).rejects.toSatisfy(isInvalid);
      await expect(queryPartition({ after: 'nonsense' })).rejects.toSatisfy(isInvalid);
      await expect(
        queryPartition({ after: Buffer.from('{"pk":{}}').toString('base64url') }),
      ).rejects.toSatisfy(isInvalid);
      await expect(async () =>
        table.queryIndex('due', key().pk, { after: next }),
      ).rejects.toSatisfy(isInvalid);
    });
  });

  describe(`${name}: indexes`, () => {
    const listDueKeys = async (options?: Parameters<Table['queryIndex']>[2]) =>
      (await fixture.table().queryIndex('due', key().pk, options)).items.map((item) => item.sk);

    testTable('an index contains an item while the item has both key attributes', async (table) => {
      const dueShard = key().pk;
      await put('a', { dueShard, dueAt: 5 });
      await put('b', { dueShard });
      await put('c', { dueAt: 5 });
      expect(await listDueKeys()).toEqual(['a']);

      await table.update(key('b'), { set: { dueAt: 1 } });
      await table.update(key('a'), { remove: ['dueAt'] });
      expect(await listDueKeys()).toEqual(['b']);

      await table.delete(key('b'));
      await put('a', { dueShard, dueAt: 9 });
      expect(await listDueKeys()).toEqual(['a']);
    });

    testTable(
      'an item moves within and between index partitions with all its attributes',
      async (table) => {
        const readyKey = key().pk;
        const listReadyItems = async (options?: Parameters<Table['queryIndex']>[2]) =>
          (await table.queryIndex('ready', readyKey, options)).items;
        await put('a', { readyKey, rank: 5, text: 'kept' });

        await table.update(key(), { set: { rank: 50 } });
        expect(await listReadyItems({ to: 10 })).toEqual([]);
        expect(await listReadyItems()).toEqual([{ ...key(), readyKey, rank: 50, text: 'kept' }]);

        await table.update(key(), { set: { readyKey: `${readyKey}-other` } });
        expect(await listReadyItems()).toEqual([]);
      },
    );

    testTable('an index returns only the attributes that it projects', async (table) => {
      const dueShard = key().pk;
      await put('a', { dueShard, dueAt: 5, status: 'ready', text: 'not projected' });
      await put('b', { dueShard, dueAt: 6 });

      const { items } = await table.queryIndex('due', dueShard);

      expect(items).toEqual([
        { ...key('a'), dueShard, dueAt: 5, status: 'ready' },
        { ...key('b'), dueShard, dueAt: 6 },
      ]);
    });

    testTable(
      'bounds are inclusive, and numbers are ordered numerically in both directions',
      async () => {
        const dueShard = key().pk;
        for (const dueAt of [-5, 0, 1.5, 9, 10, 100]) await put(`at ${dueAt}`, { dueShard, dueAt });

        expect(await listDueKeys()).toEqual(['at -5', 'at 0', 'at 1.5', 'at 9', 'at 10', 'at 100']);
        expect(await listDueKeys({ from: 9 })).toEqual(['at 9', 'at 10', 'at 100']);
        expect(await listDueKeys({ to: 9 })).toEqual(['at -5', 'at 0', 'at 1.5', 'at 9']);
        expect(await listDueKeys({ from: 0, to: 10 })).toEqual(['at 0', 'at 1.5', 'at 9', 'at 10']);
        expect(await listDueKeys({ from: 10, to: 0 })).toEqual([]);
        expect(await listDueKeys({ reverse: true, limit: 2 })).toEqual(['at 100', 'at 10']);
      },
    );

    testTable('each index contains only the items with its key attributes', async (table) => {
      const hash = key().pk;
      await put('a', { dueShard: hash, dueAt: 1, readyKey: hash, rank: 7 });
      await put('b', { changeKey: hash, changedAt: 3 });

      const listMembers = async (index: 'due' | 'ready' | 'changes') =>
        (await table.queryIndex(index, hash)).items.map((item) => item.sk);

      expect(await listMembers('due')).toEqual(['a']);
      expect(await listMembers('ready')).toEqual(['a']);
      expect(await listMembers('changes')).toEqual(['b']);
    });

    testTable(
      'the pages of an index cover all items, even if several items have the same range value',
      async (table) => {
        const readyKey = key().pk;
        for (let n = 0; n < 17; n += 1) await put(`item-${n}`, { readyKey, rank: n % 3 });

        const items = await collectPages((after) =>
          table.queryIndex('ready', readyKey, { limit: 4, from: 1, after }),
        );

        expect(items).toHaveLength(11);
        expect(new Set(items.map((item) => item.sk)).size).toBe(11);
        const ranks = items.map((item) => Number(item.rank));
        expect(ranks).toEqual([...ranks].sort());
      },
    );
  });
}

async function collectPages(
  readPage: (
    after: string | undefined,
  ) => Promise<{ readonly items: readonly Item[]; readonly next?: string }>,
): Promise<Item[]> {
  const items: Item[] = [];
  let after: string | undefined;
  do {
    const page = await readPage(after);
    items.push(...page.items);
    after = page.next;
  } while (after !== undefined);
  return items;
}
