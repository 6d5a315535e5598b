import { expect, test } from 'vitest';
import { createTestAccess, createTestUser } from '../../test/support/contract/test-access.ts';
import type { Role } from '../contract/access.ts';
import { tokenIdSchema } from '../contract/access.ts';
import { KEY } from '../topology/table-keys.ts';
import type { UserActor } from './actor.ts';
import { createApiToken, listApiTokens, revokeApiToken, verifyApiToken } from './api-token.ts';

const DAY_MS = 24 * 3_600_000;

async function createAccess() {
  const access = createTestAccess();
  const addUser = async (name: string, role: Role): Promise<UserActor> =>
    (await createTestUser(access.deps, `${name}@example.org`, role)).actor;
  const ann = await addUser('ann', 'operator');
  const bob = await addUser('bob', 'operator');
  return { ...access, ann, bob, addUser };
}

test('a token authenticates its creator, and the table does not contain the secret of the token', async () => {
  const { deps, ann } = await createAccess();
  const created = await createApiToken(deps, ann, { name: 'ci', role: 'viewer', days: 1 });
  expect(created.token).toMatch(/^sgt_[\w-]{43}$/);
  expect(tokenIdSchema.safeParse(created.id).success).toBe(true);
  expect(await verifyApiToken(deps, created.token)).toEqual({
    ...ann,
    role: 'viewer',
    via: 'token',
    credential: created.id,
  });
  expect(JSON.stringify(deps.table.listAll())).not.toContain(created.token.slice(4));
});

test('rejects a token with a higher role than its creator has', async () => {
  const { deps, ann } = await createAccess();
  const creation = createApiToken(deps, ann, { name: 'ci', role: 'admin', days: 1 });
  await expect(creation).rejects.toMatchObject({ code: 'forbidden', details: { needs: 'admin' } });
  expect(await listApiTokens(deps, ann)).toEqual([]);
});

test("a token becomes invalid when it expires, is revoked or its creator is removed, and its role drops with the creator's role", async () => {
  const { deps, advanceClock, ann } = await createAccess();
  const createToken = (days: number) =>
    createApiToken(deps, ann, { name: 'ci', role: 'operator', days });
  const [short, revoked, long] = [await createToken(1), await createToken(9), await createToken(9)];
  advanceClock(DAY_MS);
  expect(await verifyApiToken(deps, short.token)).toBeUndefined();
  await revokeApiToken(deps, ann, revoked.id);
  expect(await verifyApiToken(deps, revoked.token)).toBeUndefined();
  expect((await listApiTokens(deps, ann)).map(({ id }) => id)).toEqual([long.id]);
  const key = KEY.user(ann.email);
  await deps.table.update(key, { set: { role: 'viewer' } });
  expect((await verifyApiToken(deps, long.token))?.role).toBe('viewer');
  await deps.table.delete(key);
  expect(await verifyApiToken(deps, long.token)).toBeUndefined();
});

test('only the creator and an admin can list and revoke a token', async () => {
  const { deps, ann, bob, addUser } = await createAccess();
  const root = await addUser('root', 'admin');
  const { id } = await createApiToken(deps, ann, { name: 'ci', role: 'viewer', days: 1 });
  expect(await listApiTokens(deps, bob)).toEqual([]);
  await expect(revokeApiToken(deps, bob, id)).rejects.toMatchObject({ code: 'token_not_found' });
  expect(await listApiTokens(deps, root)).toMatchObject([{ id, createdBy: ann.email }]);
  await revokeApiToken(deps, root, id);
  expect(await listApiTokens(deps, ann)).toEqual([]);
});

test('a token of a removed account stays invalid and hidden when its e-mail address is added again', async () => {
  const { deps, ann, bob, addUser, advanceClock } = await createAccess();
  const root = await addUser('root', 'admin');
  const { token, id } = await createApiToken(deps, ann, { name: 'ci', role: 'viewer', days: 1 });
  await deps.table.delete(KEY.user(ann.email));
  advanceClock(1);
  const replacement = await addUser('ann', 'admin');
  expect(await verifyApiToken(deps, token)).toBeUndefined();
  for (const actor of [replacement, root, bob])
    expect(await listApiTokens(deps, actor)).toEqual([]);
  await expect(revokeApiToken(deps, bob, id)).rejects.toMatchObject({ code: 'token_not_found' });
});

test('a stored token without an account belongs to the account only if the token is newer', async () => {
  const { deps, ann, addUser, advanceClock } = await createAccess();
  const { token, id } = await createApiToken(deps, ann, { name: 'ci', role: 'viewer', days: 1 });
  await deps.table.update(KEY.apiToken(id), { remove: ['account', 'version'] });
  expect(await verifyApiToken(deps, token)).toMatchObject({ email: ann.email });
  await deps.table.delete(KEY.user(ann.email));
  advanceClock(1);
  await addUser('ann', 'operator');
  expect(await verifyApiToken(deps, token)).toBeUndefined();
});
