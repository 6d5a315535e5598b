import { expect, test } from 'vitest';
import { createScryptHasher } from './create-scrypt-hasher.ts';

const cheapHasher = createScryptHasher({ logN: 4, r: 1, p: 1 });

test('accepts only the correct password, and hashes equal passwords differently', async () => {
  const hash = await cheapHasher.hash('grüße 1');
  expect(await cheapHasher.verify('grüße 1', hash)).toBe(true);
  expect(await cheapHasher.verify('grüße 2', hash)).toBe(false);
  expect(await cheapHasher.verify('', hash)).toBe(false);
  expect(await cheapHasher.hash('grüße 1')).not.toBe(hash);
});

test('verifies a hash that was created with another cost', async () => {
  const hash = await cheapHasher.hash('p');
  expect(hash).toMatch(/^scrypt\$4\$1\$1\$/);
  expect(await createScryptHasher().verify('p', hash)).toBe(true);
  expect(await cheapHasher.verify('p', await createScryptHasher().hash('p'))).toBe(true);
});

test('rejects every password if no hash is stored', async () => {
  expect(await cheapHasher.verify('p', undefined)).toBe(false);
});

test('reports an unreadable hash as an error, not as a wrong password', async () => {
  await expect(cheapHasher.verify('p', 'plain text')).rejects.toThrow('not readable');
});
