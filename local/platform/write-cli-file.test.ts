import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { verifyApiToken } from '../../core/access/api-token.ts';
import { ensureAdmin } from '../../core/access/change-user.ts';
import { API_TOKENS_PARTITION } from '../../core/topology/table-keys.ts';
import { createTestAccess } from '../../test/support/contract/test-access.ts';
import { writeCliFile } from './write-cli-file.ts';

const EMAIL = 'ada@example.com';
const DAY_MS = 86_400_000;

async function createTestPlatform() {
  const folder = await mkdtemp(join(tmpdir(), 'cli-file-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'cli.json');
  const { deps, advanceClock } = createTestAccess();
  await ensureAdmin(deps, { email: EMAIL, password: 'a long password' });
  return {
    deps,
    advanceClock,
    path,
    start: async (
      url = 'http://localhost:3000',
    ): Promise<{ readonly url: string; readonly token: string }> => {
      await writeCliFile(path, url, EMAIL, deps);
      return JSON.parse(await readFile(path, 'utf8'));
    },
    countTokens: async () => (await deps.table.query(API_TOKENS_PARTITION)).items.length,
  };
}

test('writeCliFile updates the address and keeps the existing token', async () => {
  const { start, countTokens, deps } = await createTestPlatform();
  const first = await start();

  const second = await start('http://localhost:3001');

  expect(second).toEqual({ url: 'http://localhost:3001', token: first.token });
  expect(await countTokens()).toBe(1);
  expect(await verifyApiToken(deps, second.token)).toMatchObject({ email: EMAIL, role: 'admin' });
});

test('writeCliFile replaces a token that expires in less than 15 days, and a file that is not JSON', async () => {
  const { start, countTokens, deps, advanceClock, path } = await createTestPlatform();
  const first = await start();
  advanceClock(16 * DAY_MS);

  const second = await start();
  expect(second.token).not.toBe(first.token);
  expect(await verifyApiToken(deps, first.token)).toBeUndefined();

  await writeFile(path, 'not JSON');
  const third = await start();
  expect(await verifyApiToken(deps, second.token)).toBeUndefined();
  expect(await verifyApiToken(deps, third.token)).toBeDefined();
  expect(await countTokens()).toBe(1);
});

test('writeCliFile replaces the token after the admin got another password', async () => {
  const { start, deps } = await createTestPlatform();
  const first = await start();
  await ensureAdmin(deps, { email: EMAIL, password: 'another long password' });
  expect(await verifyApiToken(deps, first.token)).toBeUndefined();

  const second = await start();

  expect(second.token).not.toBe(first.token);
  expect(await verifyApiToken(deps, second.token)).toMatchObject({ email: EMAIL, role: 'admin' });
});
