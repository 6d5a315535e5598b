import { beforeAll, describe, expect, test } from 'vitest';
import { isAppError } from '../../core/error.ts';
import type { Item, Table } from '../../core/port/table.ts';

/** What every `Table` does. `start` is called once; each test keeps to a partition of its own. */
export function tableContract(name: string, start: () => Promise<Table>): void {
  let table: Table;
  let partitions = 0;

  function key(sk = 'a') {
    return { pk: `partition-${partitions}`, sk };
  }

  function put(sk: string, attributes: Omit<Item, 'pk' | 'sk'> = {}) {
    return table.put({ ...attributes, ...key(sk) });
  }

  async function names(options?: Parameters<Table['query']>[1]) {
    return (await table.query(key().pk, options)).items.map((item) => item.sk);
  }

  function contract(title: string, run: () => Promise<void>) {
    test(title, async () => {
      partitions += 1;
      await run();
    });
  }

  beforeAll(async () => {
    table = await start();
  });

  describe(`${name}: items`, () => {
    contract('what was put is got back with every type of value', async () => {
      const item = {
        ...key(),
        text: 'ünïcode \u{1F600}',
        empty: '',
        number: -12.5,
        yes: true,
        nothing: null,
        list: [1, 'two', [3], { four: 4 }],
        map: { nested: { deep: 'value' }, size: 1, 'odd name.#:': 2 },
        numbers: new Set([3, 1, 2]),
        names: new Set(['b', 'a']),
      };

      expect(await table.put(item)).toBe(true);

      expect(await table.get(key())).toEqual(item);
    });

    contract('undefined and empty sets are not stored, at any depth', async () => {
      await put('a', {
        gone: undefined,
        none: new Set<number>(),
        map: { gone: undefined, kept: 1 },
      });

      expect(await table.get(key())).toStrictEqual({ ...key(), map: { kept: 1 } });
    });

    contract('a put replaces the whole item', async () => {
      await put('a', { first: 1 });
      await put('a', { second: 2 });

      expect(await table.get(key())).toEqual({ ...key(), second: 2 });
    });

    contract('what is not there is undefined, and deleting it is no error', async () => {
      expect(await table.get(key())).toBeUndefined();
      expect(await table.delete(key())).toBe(true);
    });

    contract('a deleted item is gone', async () => {
      await put('a');

      expect(await table.delete(key())).toBe(true);

      expect(await table.get(key())).toBeUndefined();
    });

    contract('attribute names that are reserved words work everywhere', async () => {
      await put('a', { status: 'ready', name: 'x', count: 1 });

      const item = await table.update(
        key(),
        { set: { status: 'claimed', 'with.dot': 1 }, add: { count: 2 }, remove: ['name'] },
        [{ attribute: 'status', equals: 'ready' }],
      );

      expect(item).toEqual({ ...key(), status: 'claimed', count: 3, 'with.dot': 1 });
    });

    contract('an item over 400 KB is refused as invalid, put or grown', async () => {
      await put('a', { text: 'x'.repeat(300 * 1024) });

      const large = { ...key('b'), text: 'x'.repeat(400 * 1024) };
      await expect(table.put(large)).rejects.toSatisfy((error) =>
        isAppError(error, 'invalid', 'item_too_large'),
      );
      const more = { set: { more: 'x'.repeat(150 * 1024) } };
      await expect(table.update(key(), more)).rejects.toSatisfy((error) =>
        isAppError(error, 'invalid', 'item_too_large'),
      );
      expect(await table.get(key('b'))).toBeUndefined();
      expect(await table.get(key())).not.toHaveProperty('more');
    });

    contract('what the store cannot hold is a bug of the caller', async () => {
      const isBug = (error: unknown) => isAppError(error, 'bug');
      await expect(table.put({ pk: key().pk, sk: '' })).rejects.toSatisfy(isBug);
      await expect(put('a', { n: Number.NaN })).rejects.toSatisfy(isBug);
      await expect(put('a', { dueShard: 7, dueAt: 1 })).rejects.toSatisfy(isBug);
      await expect(put('a', { dueShard: 's', dueAt: 'soon' })).rejects.toSatisfy(isBug);
      expect(await table.get(key())).toBeUndefined();
    });
  });

  describe(`${name}: conditions`, () => {
    contract('put-if-absent writes once', async () => {
      const absent = [{ attribute: 'pk', is: 'absent' }] as const;

      expect(await table.put({ ...key(), n: 1 }, absent)).toBe(true);
      expect(await table.put({ ...key(), n: 2 }, absent)).toBe(false);

      expect(await table.get(key())).toEqual({ ...key(), n: 1 });
    });

    contract('present, equals and below hold only of the stored attribute', async () => {
      await put('a', { status: 'ready', version: 3, flag: false, nothing: null });
      const hold = (condition: Parameters<Table['update']>[2]) =>
        table
          .update(key(), { set: { touched: true } }, condition)
          .then((item) => item !== undefined);

      expect(await hold([{ attribute: 'status', is: 'present' }])).toBe(true);
      expect(await hold([{ attribute: 'missing', is: 'present' }])).toBe(false);
      expect(await hold([{ attribute: 'status', equals: 'ready' }])).toBe(true);
      expect(await hold([{ attribute: 'status', equals: 'Ready' }])).toBe(false);
      expect(await hold([{ attribute: 'missing', equals: 'ready' }])).toBe(false);
      expect(await hold([{ attribute: 'flag', equals: false }])).toBe(true);
      expect(await hold([{ attribute: 'nothing', equals: null }])).toBe(true);
      expect(await hold([{ attribute: 'missing', equals: null }])).toBe(false);
      expect(await hold([{ attribute: 'version', equals: '3' }])).toBe(false);
      expect(await hold([{ attribute: 'version', below: 4 }])).toBe(true);
      expect(await hold([{ attribute: 'version', below: 3 }])).toBe(false);
      expect(await hold([{ attribute: 'missing', below: 4 }])).toBe(false);
      expect(await hold([{ attribute: 'status', below: 4 }])).toBe(false);
    });

    contract('all parts of a condition must hold', async () => {
      await put('a', { status: 'ready', version: 3 });
      const condition = [
        { attribute: 'status', equals: 'ready' },
        { attribute: 'version', equals: 4 },
      ] as const;

      expect(await table.update(key(), { set: { status: 'claimed' } }, condition)).toBeUndefined();
      expect(await table.put({ ...key(), status: 'claimed' }, condition)).toBe(false);
      expect(await table.delete(key(), condition)).toBe(false);

      expect(await table.get(key())).toEqual({ ...key(), status: 'ready', version: 3 });
    });

    contract(
      'an update without a condition creates, one that asks for presence does not',
      async () => {
        const present = [{ attribute: 'pk', is: 'present' }] as const;

        expect(await table.update(key('a'), { set: { n: 1 } }, present)).toBeUndefined();
        expect(await table.update(key('b'), { set: { n: 1 } })).toEqual({ ...key('b'), n: 1 });
        expect(await table.update(key('c'), {})).toEqual(key('c'));

        expect(await names()).toEqual(['b', 'c']);
      },
    );

    contract('of many concurrent writers of one version exactly one wins', async () => {
      await put('a', { version: 1 });

      const outcomes = await Promise.all(
        Array.from({ length: 12 }, (_, writer) =>
          table.update(key(), { set: { version: 2, writer } }, [
            { attribute: 'version', equals: 1 },
          ]),
        ),
      );

      const won = outcomes.filter((outcome) => outcome !== undefined);
      expect(won).toHaveLength(1);
      expect(await table.get(key())).toEqual(won[0]);
    });

    contract('of many concurrent put-if-absent exactly one wins', async () => {
      const outcomes = await Promise.all(
        Array.from({ length: 12 }, (_, writer) =>
          table.put({ ...key(), writer }, [{ attribute: 'pk', is: 'absent' }]),
        ),
      );

      const item = await table.get(key());
      expect(outcomes.filter((won) => won)).toHaveLength(1);
      expect(outcomes.indexOf(true)).toBe(item?.writer);
    });
  });

  describe(`${name}: changes`, () => {
    contract('add counts from nothing, and concurrent additions all count', async () => {
      await Promise.all(
        Array.from({ length: 10 }, () => table.update(key(), { add: { count: 2 } })),
      );

      const item = await table.update(key(), { add: { count: -1 } });

      expect(item?.count).toBe(19);
    });

    contract('deleting the last member of a set removes the attribute', async () => {
      await put('a', { waits: new Set([1, 2, 3]), names: new Set(['x']) });

      const some = await table.update(key(), { deleteFromSet: { waits: new Set([1, 9]) } });
      const none = await table.update(key(), {
        deleteFromSet: { waits: new Set([2, 3]), names: new Set(['x']) },
      });
      const again = await table.update(key(), { deleteFromSet: { waits: new Set([2]) } });

      expect(some?.waits).toEqual(new Set([2, 3]));
      expect(none).toStrictEqual(key());
      expect(again).toStrictEqual(key());
    });

    contract('deleting from a set with a condition does not create the item', async () => {
      const change = { deleteFromSet: { waits: new Set([1]) } };

      expect(
        await table.update(key(), change, [{ attribute: 'pk', is: 'present' }]),
      ).toBeUndefined();

      expect(await table.get(key())).toBeUndefined();
    });

    contract('one entry of a map is set and removed, the others stay', async () => {
      await put('a', { slots: { a: 1, b: 2 } });

      await table.update(key(), {
        setIn: { slots: { c: { n: 3 } } },
        removeIn: { slots: ['a', 'z'] },
      });

      expect(await table.get(key())).toEqual({ ...key(), slots: { b: 2, c: { n: 3 } } });
    });

    contract('the last entry of a map leaves an empty map', async () => {
      await put('a', { slots: { 'p1.r1.add-login.2': 1 } });

      await table.update(key(), { removeIn: { slots: ['p1.r1.add-login.2'] } });

      expect(await table.get(key())).toEqual({ ...key(), slots: {} });
    });

    contract('an entry of a map that is not there is a bug of the caller', async () => {
      await put('a', { text: 'no map' });
      const isBug = (error: unknown) => isAppError(error, 'bug');

      await expect(table.update(key(), { setIn: { slots: { a: 1 } } })).rejects.toSatisfy(isBug);
      await expect(table.update(key(), { removeIn: { slots: ['a'] } })).rejects.toSatisfy(isBug);
      await expect(table.update(key(), { setIn: { text: { a: 1 } } })).rejects.toSatisfy(isBug);
      await expect(table.update(key(), { add: { text: 1 } })).rejects.toSatisfy(isBug);
    });

    contract('the same attribute cannot be changed twice in one write', async () => {
      await put('a', { slots: { a: 1 } });
      const isBug = (error: unknown) => isAppError(error, 'bug');

      const twice = table.update(key(), { set: { n: 1 }, remove: ['n'] });
      await expect(twice).rejects.toSatisfy(isBug);
      const inside = table.update(key(), { set: { slots: {} }, setIn: { slots: { b: 1 } } });
      await expect(inside).rejects.toSatisfy(isBug);
    });

    contract('setting an empty set removes the attribute', async () => {
      await put('a', { waits: new Set([1]) });

      const item = await table.update(key(), { set: { waits: new Set<number>(), n: 1 } });

      expect(item).toStrictEqual({ ...key(), n: 1 });
    });
  });

  describe(`${name}: partitions`, () => {
    contract('items come in order of their sort key, by bytes', async () => {
      for (const sk of ['b', 'a', 'a#1', 'B', 'ü', '\u{1F600}', '\u{FF5E}', 'a#02']) await put(sk);

      expect(await names()).toEqual(['B', 'a', 'a#02', 'a#1', 'b', 'ü', '\u{FF5E}', '\u{1F600}']);
      expect(await names({ reverse: true, limit: 2 })).toEqual(['\u{1F600}', '\u{FF5E}']);
    });

    contract('prefix and from narrow it, alone and together', async () => {
      for (const sk of ['a#1', 'a#2', 'a#3', 'a', 'b#1', 'b#2', 'c']) await put(sk);

      expect(await names({ prefix: 'a#' })).toEqual(['a#1', 'a#2', 'a#3']);
      expect(await names({ from: 'b#1' })).toEqual(['b#1', 'b#2', 'c']);
      expect(await names({ prefix: 'a#', from: 'a#2' })).toEqual(['a#2', 'a#3']);
      expect(await names({ prefix: 'b#', from: 'a' })).toEqual(['b#1', 'b#2']);
      expect(await names({ prefix: 'a#', from: 'b' })).toEqual([]);
      expect(await names({ prefix: 'a#', from: 'a#2', reverse: true })).toEqual(['a#3', 'a#2']);
      expect(await names({ prefix: 'none' })).toEqual([]);
    });

    contract('a partition holds its own items only', async () => {
      await put('a');
      await table.put({ pk: `${key().pk}0`, sk: 'a' });

      expect(await names()).toEqual(['a']);
    });

    contract('pages join up to the whole, in both directions', async () => {
      const all = Array.from({ length: 23 }, (_, n) => `item-${String(n).padStart(2, '0')}`);
      for (const sk of all) await put(sk);
      await put('other');

      const forward = await allPages((after) =>
        table.query(key().pk, { prefix: 'item-', limit: 5, after }),
      );
      const backward = await allPages((after) =>
        table.query(key().pk, { prefix: 'item-', limit: 5, reverse: true, after }),
      );

      expect(forward.map((item) => item.sk)).toEqual(all);
      expect(backward.map((item) => item.sk)).toEqual([...all].reverse());
    });

    contract('a page ends at 1 MB without a limit', async () => {
      for (const sk of ['a', 'b', 'c', 'd']) await put(sk, { text: 'x'.repeat(350 * 1024) });

      const first = await table.query(key().pk);
      const all = await allPages((after) => table.query(key().pk, { after }));

      expect(first.items).toHaveLength(3);
      expect(all.map((item) => item.sk)).toEqual(['a', 'b', 'c', 'd']);
    });

    contract('a cursor of another list, or no cursor at all, is invalid', async () => {
      for (const sk of ['a', 'b', 'c']) await put(sk);
      const { next } = await table.query(key().pk, { limit: 1 });
      const isInvalid = (error: unknown) => isAppError(error, 'invalid', 'bad_cursor');
      const ask = async (options: Parameters<Table['query']>[1]) => table.query(key().pk, options);

      await expect(async () => table.query('elsewhere', { after: next })).rejects.toSatisfy(
        isInvalid,
      );
      await expect(ask({ after: next, prefix: 'b' })).rejects.toSatisfy(isInvalid);
      await expect(ask({ after: 'nonsense' })).rejects.toSatisfy(isInvalid);
      await expect(
        ask({ after: Buffer.from('{"pk":{}}').toString('base64url') }),
      ).rejects.toSatisfy(isInvalid);
      await expect(async () => table.index('due', key().pk, { after: next })).rejects.toSatisfy(
        isInvalid,
      );
    });
  });

  describe(`${name}: indexes`, () => {
    const due = async (options?: Parameters<Table['index']>[2]) =>
      (await table.index('due', key().pk, options)).items.map((item) => item.sk);

    contract('an item is in an index while it has both attributes', async () => {
      const dueShard = key().pk;
      await put('a', { dueShard, dueAt: 5 });
      await put('b', { dueShard });
      await put('c', { dueAt: 5 });
      expect(await due()).toEqual(['a']);

      await table.update(key('b'), { set: { dueAt: 1 } });
      await table.update(key('a'), { remove: ['dueAt'] });
      expect(await due()).toEqual(['b']);

      await table.delete(key('b'));
      await put('a', { dueShard, dueAt: 9 });
      expect(await due()).toEqual(['a']);
    });

    contract(
      'an item moves when its range or its hash changes, with all its attributes',
      async () => {
        const dueShard = key().pk;
        await put('a', { dueShard, dueAt: 5, text: 'kept' });

        await table.update(key(), { set: { dueAt: 50 } });
        expect(await due({ to: 10 })).toEqual([]);
        const { items } = await table.index('due', dueShard);
        expect(items).toEqual([{ ...key(), dueShard, dueAt: 50, text: 'kept' }]);

        await table.update(key(), { set: { dueShard: `${dueShard}-other` } });
        expect(await due()).toEqual([]);
      },
    );

    contract('bounds are inclusive, numbers are ordered as numbers, both directions', async () => {
      const dueShard = key().pk;
      for (const dueAt of [-5, 0, 1.5, 9, 10, 100]) await put(`at ${dueAt}`, { dueShard, dueAt });

      expect(await due()).toEqual(['at -5', 'at 0', 'at 1.5', 'at 9', 'at 10', 'at 100']);
      expect(await due({ from: 9 })).toEqual(['at 9', 'at 10', 'at 100']);
      expect(await due({ to: 9 })).toEqual(['at -5', 'at 0', 'at 1.5', 'at 9']);
      expect(await due({ from: 0, to: 10 })).toEqual(['at 0', 'at 1.5', 'at 9', 'at 10']);
      expect(await due({ from: 10, to: 0 })).toEqual([]);
      expect(await due({ reverse: true, limit: 2 })).toEqual(['at 100', 'at 10']);
    });

    contract('each index has its own members', async () => {
      const hash = key().pk;
      await put('a', { dueShard: hash, dueAt: 1, readyKey: hash, rank: 7 });
      await put('b', { changeKey: hash, changedAt: 3 });

      const members = async (index: 'due' | 'ready' | 'changes') =>
        (await table.index(index, hash)).items.map((item) => item.sk);

      expect(await members('due')).toEqual(['a']);
      expect(await members('ready')).toEqual(['a']);
      expect(await members('changes')).toEqual(['b']);
    });

    contract('pages of an index join up to the whole, also over equal ranges', async () => {
      const readyKey = key().pk;
      for (let n = 0; n < 17; n += 1) await put(`item-${n}`, { readyKey, rank: n % 3 });

      const items = await allPages((after) =>
        table.index('ready', readyKey, { limit: 4, from: 1, after }),
      );

      expect(items).toHaveLength(11);
      expect(new Set(items.map((item) => item.sk)).size).toBe(11);
      const ranks = items.map((item) => Number(item.rank));
      expect(ranks).toEqual([...ranks].sort());
    });
  });
}

async function allPages(
  ask: (after: string | undefined) => Promise<{ items: readonly Item[]; next?: string }>,
): Promise<Item[]> {
  const items: Item[] = [];
  let after: string | undefined;
  do {
    const page = await ask(after);
    items.push(...page.items);
    after = page.next;
  } while (after !== undefined);
  return items;
}
