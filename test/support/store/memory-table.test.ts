import { expect, test } from 'vitest';
import { createMemoryTable } from './memory-table.ts';

const key = { pk: 'p', sk: 'a' };

test('an error of the hook before a write prevents the write, and an error of the hook after a write loses only the answer', async () => {
  let failingHook: 'before' | 'after' | undefined;
  const failIn = (hook: typeof failingHook) => () => {
    if (failingHook === hook) throw new Error(`crashed ${hook}`);
  };
  const table = createMemoryTable({ beforeEffect: failIn('before'), afterEffect: failIn('after') });

  failingHook = 'before';
  await expect(table.put({ ...key, n: 1 })).rejects.toThrow('crashed before');
  expect(table.listAll()).toEqual([]);

  failingHook = 'after';
  await expect(table.put({ ...key, n: 2 })).rejects.toThrow('crashed after');
  expect(table.listAll()).toEqual([{ ...key, n: 2 }]);
});

test('the hook before an operation receives every operation with its key', async () => {
  const calls: string[] = [];
  const table = createMemoryTable({
    beforeEffect: (operation, { pk, sk }) => void calls.push(`${operation} ${pk}/${sk}`),
  });

  await table.put(key);
  await table.get(key);
  await table.update(key, {});
  await table.query('p');
  await table.queryIndex('due', 'shard');
  await table.delete(key);

  expect(calls).toEqual([
    'put p/a',
    'get p/a',
    'update p/a',
    'query p/',
    'index shard/',
    'delete p/a',
  ]);
});

test('a read of an index can omit recent writes, but a read of an item cannot', async () => {
  let omittedWriteCount = 0;
  const table = createMemoryTable({ indexLag: () => omittedWriteCount });
  const readDueIndex = async () =>
    (await table.queryIndex('due', 's')).items.map((item) => [item.sk, item.dueAt]);
  await table.put({ ...key, dueShard: 's', dueAt: 1 });
  await table.update(key, { set: { dueAt: 2 } });
  await table.put({ pk: 'p', sk: 'b', dueShard: 's', dueAt: 3 });
  await table.update(key, { remove: ['dueAt'] });

  const answers = [];
  for (omittedWriteCount = 0; omittedWriteCount <= 5; omittedWriteCount += 1)
    answers.push(await readDueIndex());

  expect(answers).toEqual([
    [['b', 3]],
    [
      ['a', 2],
      ['b', 3],
    ],
    [['a', 2]],
    [['a', 1]],
    [],
    [],
  ]);
  expect(await table.get(key)).toEqual({ ...key, dueShard: 's' });
});

test('returned items are frozen, and a later change of a stored object does not change the table', async () => {
  const table = createMemoryTable();
  const map = { n: 1 };
  await table.put({ ...key, map });

  map.n = 2;
  const item = await table.get(key);

  expect(item?.map).toEqual({ n: 1 });
  expect(Object.isFrozen(item)).toBe(true);
});
