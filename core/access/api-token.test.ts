import { expect, test } from 'vitest';
import { createTestAccess } from '../../test/support/contract/test-access.ts';
import type { Role } from '../contract/access.ts';
import { tokenIdSchema } from '../contract/access.ts';
import type { UserActor } from './actor.ts';
import { createApiToken, listApiTokens, revokeApiToken, verifyApiToken } from './api-token.ts';
import { createUser } from './user.ts';

const DAY_MS = 24 * 3_600_000;

async function createAccess() {
  const made = createTestAccess();
  const user = async (name: string, role: Role): Promise<UserActor> => {
    const { email } = await createUser(made.deps, {
      email: `${name}@example.org`,
      password: 'p',
      role,
    });
    return { kind: 'user', email, role, via: 'session' };
  };
  return { ...made, ann: await user('ann', 'operator'), bob: await user('bob', 'operator'), user };
}

test('a token stands for its creator, and its secret is not stored', async () => {
  const { deps, ann } = await createAccess();
  const made = await createApiToken(deps, ann, { name: 'ci', role: 'viewer', days: 1 });
  expect(made.token).toMatch(/^sgt_[\w-]{43}$/);
  expect(tokenIdSchema.safeParse(made.id).success).toBe(true);
  expect(await verifyApiToken(deps, made.token)).toEqual({ ...ann, role: 'viewer', via: 'token' });
  expect(JSON.stringify(deps.table.listAll())).not.toContain(made.token.slice(4));
});

test('nobody makes a token with more than their own role', async () => {
  const { deps, ann } = await createAccess();
  const made = createApiToken(deps, ann, { name: 'ci', role: 'admin', days: 1 });
  await expect(made).rejects.toMatchObject({ code: 'forbidden', details: { needs: 'admin' } });
  expect(await listApiTokens(deps, ann)).toEqual([]);
});

test('it ends by time, by revoking and with its creator, and is lowered with them', async () => {
  const { deps, advanceClock: pass, ann } = await createAccess();
  const make = (days: number) => createApiToken(deps, ann, { name: 'ci', role: 'operator', days });
  const [short, revoked, long] = [await make(1), await make(9), await make(9)];
  pass(DAY_MS);
  expect(await verifyApiToken(deps, short.token)).toBeUndefined();
  await revokeApiToken(deps, ann, revoked.id);
  expect(await verifyApiToken(deps, revoked.token)).toBeUndefined();
  expect((await listApiTokens(deps, ann)).map(({ id }) => id)).toEqual([long.id]);
  const row = { pk: 'access#users', sk: ann.email };
  await deps.table.update(row, { set: { role: 'viewer' } });
  expect((await verifyApiToken(deps, long.token))?.role).toBe('viewer');
  await deps.table.delete(row);
  expect(await verifyApiToken(deps, long.token)).toBeUndefined();
});

test('others neither see nor revoke it; an admin does', async () => {
  const { deps, ann, bob, user } = await createAccess();
  const root = await user('root', 'admin');
  const { id } = await createApiToken(deps, ann, { name: 'ci', role: 'viewer', days: 1 });
  expect(await listApiTokens(deps, bob)).toEqual([]);
  await expect(revokeApiToken(deps, bob, id)).rejects.toMatchObject({ code: 'token_not_found' });
  expect(await listApiTokens(deps, root)).toMatchObject([{ id, createdBy: ann.email }]);
  await revokeApiToken(deps, root, id);
  expect(await listApiTokens(deps, ann)).toEqual([]);
});
