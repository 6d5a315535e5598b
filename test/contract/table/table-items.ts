import { describe, expect } from 'vitest';
import { isAppError } from '../../../core/base/app-error.ts';
import type { Table } from '../../../core/port/table.ts';
import { ITEM_IS_ABSENT, ITEM_IS_PRESENT } from '../../../core/port/table.ts';
import type { TableFixture } from './table-fixture.ts';

/** Describes single items: stored values, conditions and changes. */
export function describeTableItems(name: string, fixture: TableFixture): void {
  const { key, put, listSortKeys, testTable } = fixture;

  describe(`${name}: items`, () => {
    testTable('an item with values of every type is returned unchanged', async (table) => {
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

    testTable('undefined and empty sets are not stored, at any depth', async (table) => {
      await put('a', {
        gone: undefined,
        none: new Set<number>(),
        map: { gone: undefined, kept: 1 },
      });

      expect(await table.get(key())).toStrictEqual({ ...key(), map: { kept: 1 } });
    });

    testTable('a put replaces the whole item', async (table) => {
      await put('a', { first: 1 });
      await put('a', { second: 2 });

      expect(await table.get(key())).toEqual({ ...key(), second: 2 });
    });

    testTable('a missing item is undefined, and its deletion succeeds', async (table) => {
      expect(await table.get(key())).toBeUndefined();
      expect(await table.delete(key())).toBe(true);
    });

    testTable('a deleted item is gone', async (table) => {
      await put('a');

      expect(await table.delete(key())).toBe(true);

      expect(await table.get(key())).toBeUndefined();
    });

    testTable('reserved words work as attribute names', async (table) => {
      await put('a', { status: 'ready', name: 'x', count: 1 });

      const item = await table.update(
        key(),
        { set: { status: 'claimed', 'with.dot': 1 }, add: { count: 2 }, remove: ['name'] },
        [{ attribute: 'status', equals: 'ready' }],
      );

      expect(item).toEqual({ ...key(), status: 'claimed', count: 3, 'with.dot': 1 });
    });

    testTable('an item over 400 KB is invalid in a put and in an update', async (table) => {
      await put('a', { text: 'x'.repeat(300 * 1024) });

      const large = { ...key('b'), text: 'x'.repeat(400 * 1024) };
      await expect(table.put(large)).rejects.toSatisfy((error) =>
        isAppError(error, 'invalid', 'item_too_large'),
      );
      const growth = { set: { more: 'x'.repeat(150 * 1024) } };
      await expect(table.update(key(), growth)).rejects.toSatisfy((error) =>
        isAppError(error, 'invalid', 'item_too_large'),
      );
      expect(await table.get(key('b'))).toBeUndefined();
      expect(await table.get(key())).not.toHaveProperty('more');
    });

    testTable('a value that the store cannot hold is a bug of the caller', async (table) => {
      const isBug = (error: unknown) => isAppError(error, 'bug');
      await expect(table.put({ pk: key().pk, sk: '' })).rejects.toSatisfy(isBug);
      await expect(put('a', { n: Number.NaN })).rejects.toSatisfy(isBug);
      await expect(put('a', { dueShard: 7, dueAt: 1 })).rejects.toSatisfy(isBug);
      await expect(put('a', { dueShard: 's', dueAt: 'soon' })).rejects.toSatisfy(isBug);
      expect(await table.get(key())).toBeUndefined();
    });
  });

  describe(`${name}: conditions`, () => {
    testTable('a put that requires the absence of the item writes only once', async (table) => {
      expect(await table.put({ ...key(), n: 1 }, ITEM_IS_ABSENT)).toBe(true);
      expect(await table.put({ ...key(), n: 2 }, ITEM_IS_ABSENT)).toBe(false);

      expect(await table.get(key())).toEqual({ ...key(), n: 1 });
    });

    testTable(
      'the conditions present, equals and below compare the stored attribute',
      async (table) => {
        await put('a', { status: 'ready', version: 3, flag: false, nothing: null });
        const isMet = (condition: Parameters<Table['update']>[2]) =>
          table
            .update(key(), { set: { touched: true } }, condition)
            .then((item) => item !== undefined);

        expect(await isMet([{ attribute: 'status', is: 'present' }])).toBe(true);
        expect(await isMet([{ attribute: 'missing', is: 'present' }])).toBe(false);
        expect(await isMet([{ attribute: 'status', equals: 'ready' }])).toBe(true);
        expect(await isMet([{ attribute: 'status', equals: 'Ready' }])).toBe(false);
        expect(await isMet([{ attribute: 'missing', equals: 'ready' }])).toBe(false);
        expect(await isMet([{ attribute: 'flag', equals: false }])).toBe(true);
        expect(await isMet([{ attribute: 'nothing', equals: null }])).toBe(true);
        expect(await isMet([{ attribute: 'missing', equals: null }])).toBe(false);
        expect(await isMet([{ attribute: 'version', equals: '3' }])).toBe(false);
        expect(await isMet([{ attribute: 'version', below: 4 }])).toBe(true);
        expect(await isMet([{ attribute: 'version', below: 3 }])).toBe(false);
        expect(await isMet([{ attribute: 'missing', below: 4 }])).toBe(false);
        expect(await isMet([{ attribute: 'status', below: 4 }])).toBe(false);
      },
    );

    testTable('a condition is met only if all its parts are met', async (table) => {
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

    testTable(
      'an update creates a missing item, unless its condition requires the item to be present',
      async (table) => {
        expect(await table.update(key('a'), { set: { n: 1 } }, ITEM_IS_PRESENT)).toBeUndefined();
        expect(await table.update(key('b'), { set: { n: 1 } })).toEqual({ ...key('b'), n: 1 });
        expect(await table.update(key('c'), {})).toEqual(key('c'));

        expect(await listSortKeys()).toEqual(['b', 'c']);
      },
    );

    testTable(
      'exactly one of many concurrent updates that require the same version succeeds',
      async (table) => {
        await put('a', { version: 1 });

        const outcomes = await Promise.all(
          Array.from({ length: 12 }, (_, writer) =>
            table.update(key(), { set: { version: 2, writer } }, [
              { attribute: 'version', equals: 1 },
            ]),
          ),
        );

        const succeeded = outcomes.filter((outcome) => outcome !== undefined);
        expect(succeeded).toHaveLength(1);
        expect(await table.get(key())).toEqual(succeeded[0]);
      },
    );

    testTable(
      'exactly one of many concurrent puts that require the absence of the item succeeds',
      async (table) => {
        const outcomes = await Promise.all(
          Array.from({ length: 12 }, (_, writer) =>
            table.put({ ...key(), writer }, ITEM_IS_ABSENT),
          ),
        );

        const item = await table.get(key());
        expect(outcomes.filter((succeeded) => succeeded)).toHaveLength(1);
        expect(outcomes.indexOf(true)).toBe(item?.writer);
      },
    );
  });

  describe(`${name}: changes`, () => {
    testTable('an addition starts from zero, and all concurrent additions count', async (table) => {
      await Promise.all(
        Array.from({ length: 10 }, () => table.update(key(), { add: { count: 2 } })),
      );

      const item = await table.update(key(), { add: { count: -1 } });

      expect(item?.count).toBe(19);
    });

    testTable('deleting the last member of a set removes the attribute', async (table) => {
      await put('a', { waits: new Set([1, 2, 3]), names: new Set(['x']) });

      const partlyDeleted = await table.update(key(), {
        deleteFromSet: { waits: new Set([1, 9]) },
      });
      const emptied = await table.update(key(), {
        deleteFromSet: { waits: new Set([2, 3]), names: new Set(['x']) },
      });
      const deletedAgain = await table.update(key(), { deleteFromSet: { waits: new Set([2]) } });

      expect(partlyDeleted?.waits).toEqual(new Set([2, 3]));
      expect(emptied).toStrictEqual(key());
      expect(deletedAgain).toStrictEqual(key());
    });

    testTable(
      'deleting from a set of a missing item creates no item if the condition requires the item to be present',
      async (table) => {
        const change = { deleteFromSet: { waits: new Set([1]) } };

        expect(await table.update(key(), change, ITEM_IS_PRESENT)).toBeUndefined();

        expect(await table.get(key())).toBeUndefined();
      },
    );

    testTable(
      'a map entry can be set and removed without a change of other entries',
      async (table) => {
        await put('a', { slots: { a: 1, b: 2 } });

        await table.update(key(), {
          setIn: { slots: { c: { n: 3 } } },
          removeIn: { slots: ['a', 'z'] },
        });

        expect(await table.get(key())).toEqual({ ...key(), slots: { b: 2, c: { n: 3 } } });
      },
    );

    testTable('the removal of the last map entry leaves an empty map', async (table) => {
      await put('a', { slots: { 'p1.r1.add-login.2': 1 } });

      await table.update(key(), { removeIn: { slots: ['p1.r1.add-login.2'] } });

      expect(await table.get(key())).toEqual({ ...key(), slots: {} });
    });

    testTable('a change of an entry in a missing map is a bug of the caller', async (table) => {
      await put('a', { text: 'no map' });
      const isBug = (error: unknown) => isAppError(error, 'bug');

      await expect(table.update(key(), { setIn: { slots: { a: 1 } } })).rejects.toSatisfy(isBug);
      await expect(table.update(key(), { removeIn: { slots: ['a'] } })).rejects.toSatisfy(isBug);
      await expect(table.update(key(), { setIn: { text: { a: 1 } } })).rejects.toSatisfy(isBug);
      await expect(table.update(key(), { add: { text: 1 } })).rejects.toSatisfy(isBug);
    });

    testTable(
      'two changes of the same attribute in one write are a bug of the caller',
      async (table) => {
        await put('a', { slots: { a: 1 } });
        const isBug = (error: unknown) => isAppError(error, 'bug');

        const twiceChanged = table.update(key(), { set: { n: 1 }, remove: ['n'] });
        await expect(twiceChanged).rejects.toSatisfy(isBug);
        const nestedChange = table.update(key(), {
          set: { slots: {} },
          setIn: { slots: { b: 1 } },
        });
        await expect(nestedChange).rejects.toSatisfy(isBug);
      },
    );

    testTable('setting an empty set removes the attribute', async (table) => {
      await put('a', { waits: new Set([1]) });

      const item = await table.update(key(), { set: { waits: new Set<number>(), n: 1 } });

      expect(item).toStrictEqual({ ...key(), n: 1 });
    });
  });
}
