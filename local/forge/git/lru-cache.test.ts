import { expect, test } from 'vitest';
import { LruCache } from './lru-cache.ts';

function createComputation() {
  const computedKeys: string[] = [];
  const compute = (key: string) => async () => {
    computedKeys.push(key);
    return key.toUpperCase();
  };
  return { computedKeys, compute };
}

test('LruCache computes the result of a key once for concurrent reads', async () => {
  const { computedKeys, compute } = createComputation();
  const cache = new LruCache<string>(2);

  const results = await Promise.all([cache.get('a', compute('a')), cache.get('a', compute('a'))]);

  expect(results).toEqual(['A', 'A']);
  expect(computedKeys).toEqual(['a']);
});

test('LruCache drops the least recently used key when a new key exceeds its limit', async () => {
  const { computedKeys, compute } = createComputation();
  const cache = new LruCache<string>(2);

  for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) await cache.get(key, compute(key));

  expect(computedKeys).toEqual(['a', 'b', 'c', 'b']);
});

test('LruCache repeats a computation that failed', async () => {
  const cache = new LruCache<string>(2);
  await expect(cache.get('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');

  expect(await cache.get('a', async () => 'A')).toBe('A');
});
