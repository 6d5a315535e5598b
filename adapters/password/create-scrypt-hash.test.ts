import { expect, test } from 'vitest';
import { createScryptHash } from './create-scrypt-hash.ts';

const cheapHash = createScryptHash({ logN: 4, r: 1, p: 1 });

test('accepts only the correct password, and hashes equal passwords differently', async () => {
  const hash = await cheapHash.hash('grüße 1');
  expect(await cheapHash.verify('grüße 1', hash)).toBe(true);
  expect(await cheapHash.verify('grüße 2', hash)).toBe(false);
  expect(await cheapHash.verify('', hash)).toBe(false);
  expect(await cheapHash.hash('grüße 1')).not.toBe(hash);
});

test('verifies a hash that was created with another cost', async () => {
  const hash = await cheapHash.hash('p');
  expect(hash).toMatch(/^scrypt\$4\$1\$1\$/);
  expect(await createScryptHash().verify('p', hash)).toBe(true);
  expect(await cheapHash.verify('p', await createScryptHash().hash('p'))).toBe(true);
});

test('rejects every password without a stored hash', async () => {
  expect(await cheapHash.verify('p', undefined)).toBe(false);
});

test('reports an unreadable hash as an error, not as a wrong password', async () => {
  await expect(cheapHash.verify('p', 'plain text')).rejects.toThrow('not readable');
});
