import { expect, test } from 'vitest';
import { LruCache } from './lru-cache.ts';

function createCounter() {
  const computed: string[] = [];
  const compute = (key: string) => async () => {
    computed.push(key);
    return key.toUpperCase();
  };
  return { computed, compute };
}

test('LruCache computes a key once, also for concurrent reads', async () => {
  const { computed, compute } = createCounter();
  const cache = new LruCache<string>(2);

  const results = await Promise.all([cache.get('a', compute('a')), cache.get('a', compute('a'))]);

  expect(results).toEqual(['A', 'A']);
  expect(computed).toEqual(['a']);
});

test('LruCache drops the least recently used key beyond its limit', async () => {
  const { computed, compute } = createCounter();
  const cache = new LruCache<string>(2);

  for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) await cache.get(key, compute(key));

  expect(computed).toEqual(['a', 'b', 'c', 'b']);
});

test('LruCache computes a failed key again', async () => {
  const cache = new LruCache<string>(2);
  await expect(cache.get('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');

  expect(await cache.get('a', async () => 'A')).toBe('A');
});
