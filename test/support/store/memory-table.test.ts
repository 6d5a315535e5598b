import { expect, test } from 'vitest';
import { createMemoryTable } from './memory-table.ts';

const key = { pk: 'p', sk: 'a' };

test('an error before the effect prevents the effect, and an error after the effect loses only the answer', async () => {
  let crashMoment: 'before' | 'after' | undefined;
  const crash = (hook: typeof crashMoment) => () => {
    if (crashMoment === hook) throw new Error(`crashed ${hook}`);
  };
  const table = createMemoryTable({ beforeEffect: crash('before'), afterEffect: crash('after') });

  crashMoment = 'before';
  await expect(table.put({ ...key, n: 1 })).rejects.toThrow('crashed before');
  expect(table.listAll()).toEqual([]);

  crashMoment = 'after';
  await expect(table.put({ ...key, n: 2 })).rejects.toThrow('crashed after');
  expect(table.listAll()).toEqual([{ ...key, n: 2 }]);
});

test('the hooks receive every operation with its key', async () => {
  const seen: string[] = [];
  const table = createMemoryTable({
    beforeEffect: (operation, { pk, sk }) => void seen.push(`${operation} ${pk}/${sk}`),
  });

  await table.put(key);
  await table.get(key);
  await table.update(key, {});
  await table.query('p');
  await table.queryIndex('due', 'shard');
  await table.delete(key);

  expect(seen).toEqual([
    'put p/a',
    'get p/a',
    'update p/a',
    'query p/',
    'index shard/',
    'delete p/a',
  ]);
});

test('an index read can omit recent writes, but an item read cannot', async () => {
  let lag = 0;
  const table = createMemoryTable({ indexLag: () => lag });
  const due = async () =>
    (await table.queryIndex('due', 's')).items.map((item) => [item.sk, item.dueAt]);
  await table.put({ ...key, dueShard: 's', dueAt: 1 });
  await table.update(key, { set: { dueAt: 2 } });
  await table.put({ pk: 'p', sk: 'b', dueShard: 's', dueAt: 3 });
  await table.update(key, { remove: ['dueAt'] });

  const answers = [];
  for (lag = 0; lag <= 5; lag += 1) answers.push(await due());

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

test('items in answers are frozen, and changes of a stored value do not reach the table', async () => {
  const table = createMemoryTable();
  const map = { n: 1 };
  await table.put({ ...key, map });

  map.n = 2;
  const item = await table.get(key);

  expect(item?.map).toEqual({ n: 1 });
  expect(Object.isFrozen(item)).toBe(true);
});
