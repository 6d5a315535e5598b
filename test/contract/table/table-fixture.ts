import { beforeAll, test } from 'vitest';
import type { Item, Table } from '../../../core/port/table.ts';

/** Table of a suite, with a separate partition for each test. */
export type TableFixture = ReturnType<typeof createTableFixture>;

export function createTableFixture(start: () => Promise<Table>) {
  let started: Table | undefined;
  let partitionCount = 0;

  beforeAll(async () => {
    started = await start();
  });

  function table(): Table {
    if (started === undefined)
      throw new Error('the table has not started; use the fixture only within tests');
    return started;
  }

  /** Creates the key of an item in the partition of the current test. */
  function key(sk = 'a') {
    return { pk: `partition-${partitionCount}`, sk };
  }

  return {
    table,
    key,
    put(sk: string, attributes: Omit<Item, 'pk' | 'sk'> = {}) {
      return table().put({ ...attributes, ...key(sk) });
    },
    /** Lists the sort keys of the partition of the current test. */
    async listSortKeys(options?: Parameters<Table['query']>[1]) {
      return (await table().query(key().pk, options)).items.map((item) => item.sk);
    },
    /** Defines a test with a separate partition. */
    testTable(title: string, run: (table: Table) => Promise<void>) {
      test(title, async () => {
        partitionCount += 1;
        await run(table());
      });
    },
  };
}
