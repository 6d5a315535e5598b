import { expect, test } from 'vitest';
import { createScryptHash } from './create-scrypt-hash.ts';

const cheapHash = createScryptHash({ logN: 4, r: 1, p: 1 });

test('only the right password matches, and equal passwords have unequal hashes', async () => {
  const hash = await cheapHash.hash('grüße 1');
  expect(await cheapHash.verify('grüße 1', hash)).toBe(true);
  expect(await cheapHash.verify('grüße 2', hash)).toBe(false);
  expect(await cheapHash.verify('', hash)).toBe(false);
  expect(await cheapHash.hash('grüße 1')).not.toBe(hash);
});

test('the parameters are in the hash, so that raising the cost keeps it readable', async () => {
  const hash = await cheapHash.hash('p');
  expect(hash).toMatch(/^scrypt\$4\$1\$1\$/);
  expect(await createScryptHash().verify('p', hash)).toBe(true);
  expect(await cheapHash.verify('p', await createScryptHash().hash('p'))).toBe(true);
});

test('without a stored hash the answer is no', async () => {
  expect(await cheapHash.verify('p', undefined)).toBe(false);
});

test('a hash that cannot be read is an error, not a wrong password', async () => {
  await expect(cheapHash.verify('p', 'plain text')).rejects.toThrow('not readable');
});
