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

  const results = await Promise.all([
    cache.getOrCompute('a', compute('a')),
    cache.getOrCompute('a', compute('a')),
  ]);

  expect(results).toEqual(['A', 'A']);
  expect(computedKeys).toEqual(['a']);
});

test('LruCache drops the least recently used key when a new key exceeds its limit', async () => {
  const { computedKeys, compute } = createComputation();
  const cache = new LruCache<string>(2);

  for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) await cache.getOrCompute(key, compute(key));

  expect(computedKeys).toEqual(['a', 'b', 'c', 'b']);
});

test('LruCache computes a key again after a failed computation', async () => {
  const cache = new LruCache<string>(2);
  await expect(cache.getOrCompute('a', () => Promise.reject(new Error('no')))).rejects.toThrow(
    'no',
  );

  expect(await cache.getOrCompute('a', async () => 'A')).toBe('A');
});
