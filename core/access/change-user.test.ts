import { describe, expect, test } from 'vitest';
import {
  createRecordingPush,
  createTestAccess,
  createTestUser,
  TEST_PASSWORD,
} from '../../test/support/contract/test-access.ts';
import { recordConnection } from '../store/connection-store.ts';
import { KEY } from '../topology/table-keys.ts';
import { createApiToken, listApiTokens, verifyApiToken } from './api-token.ts';
import {
  changeOwnPassword,
  changeUser,
  createUser,
  endUserSessions,
  ensureAdmin,
  removeUser,
} from './change-user.ts';
import { endSession, listSessions } from './end-session.ts';
import { openSession, verifyAccessToken } from './session.ts';
import { signIn } from './sign-in.ts';
import type { User } from './user.ts';
import { findUser, listUsers, requireUser } from './user.ts';

const ANN = 'ann@example.org';
const BOB = 'bob@example.org';

async function createAccess(unreachable: readonly string[] = []) {
  const { deps, advanceClock } = createTestAccess();
  const { push, closed } = createRecordingPush(unreachable);
  const access = { ...deps, push };
  const ann = await createTestUser(access, ANN, 'admin');
  const bob = await createTestUser(access, BOB, 'operator');
  return { access, advanceClock, closed, ann, bob };
}

async function listAdmins(access: Parameters<typeof listUsers>[0]): Promise<User[]> {
  return (await listUsers(access)).filter(({ role }) => role === 'admin');
}

test('different spellings of an e-mail address identify the same user', async () => {
  const { access } = await createAccess();
  const secondCreation = createUser(access, {
    email: 'ANN@example.org',
    password: TEST_PASSWORD,
    role: 'viewer',
  });
  await expect(secondCreation).rejects.toMatchObject({ code: 'user_exists' });
  expect(await findUser(access, 'Ann@Example.org ')).toMatchObject({ email: ANN, role: 'admin' });
  expect(JSON.stringify(access.table.listAll())).not.toContain(TEST_PASSWORD);
});

describe('a removed user', () => {
  test('loses sessions, API tokens and sockets at once', async () => {
    const { access, closed, ann, bob } = await createAccess();
    const created = await createApiToken(access, bob.actor, {
      name: 'ci',
      role: 'viewer',
      days: 1,
    });
    await recordConnection(access, 'c1', bob.actor);
    await recordConnection(access, 'c2', ann.actor);

    await removeUser(access, ann.actor, 'Bob@example.org');

    expect(await verifyAccessToken(access, bob.accessToken)).toBeUndefined();
    expect(await verifyApiToken(access, created.token)).toBeUndefined();
    expect(closed).toEqual(['c1']);
    const stored = JSON.stringify(access.table.listAll());
    expect(stored).not.toContain(bob.actor.account);
    expect(stored).not.toContain(BOB);
  });

  test('cannot be removed again, and an admin cannot remove the own account', async () => {
    const { access, ann } = await createAccess();
    await removeUser(access, ann.actor, BOB);
    await expect(removeUser(access, ann.actor, BOB)).rejects.toMatchObject({
      code: 'user_not_found',
    });
    await expect(removeUser(access, ann.actor, ANN)).rejects.toMatchObject({ code: 'own_user' });
  });

  test('loses access although the gateway of the sockets does not respond', async () => {
    const { access, closed, ann, bob } = await createAccess(['c1']);
    await recordConnection(access, 'c1', bob.actor);
    await removeUser(access, ann.actor, BOB);
    expect(closed).toEqual([]);
    expect(await access.table.get(KEY.connection('c1'))).toBeUndefined();
  });
});

describe('an admin always remains', () => {
  test.each(Array.from({ length: 50 }, (_, index) => index))(
    'when admins remove and demote each other at once (run %i)',
    async (run) => {
      const { access, ann } = await createAccess();
      const bob = await requireUser(access, BOB);
      await changeUser(access, ann.actor, BOB, { role: 'admin' });
      const bobActor = { ...ann.actor, account: bob.account, email: BOB };
      const outcomes = await Promise.allSettled([
        run % 2 === 0
          ? removeUser(access, ann.actor, BOB)
          : changeUser(access, ann.actor, BOB, { role: 'viewer' }),
        run % 3 === 0
          ? removeUser(access, bobActor, ANN)
          : changeUser(access, bobActor, ANN, { role: 'operator' }),
      ]);
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
        reason: { code: 'last_admin' },
      });
      expect(await listAdmins(access)).toHaveLength(1);
    },
  );

  test('when an admin is promoted, demoted and removed at once', async () => {
    const { access, ann } = await createAccess();
    await createTestUser(access, 'eve@example.org', 'admin');
    await Promise.allSettled([
      changeUser(access, ann.actor, BOB, { role: 'admin' }),
      changeUser(access, ann.actor, BOB, { role: 'viewer' }),
      removeUser(access, ann.actor, 'eve@example.org'),
      changeUser(access, ann.actor, ANN, { role: 'viewer' }),
    ]);
    const admins = await listAdmins(access);
    const stored = await access.table.get(KEY.admins());
    expect(admins.length).toBeGreaterThan(0);
    expect(admins.map(({ account }) => account)).toEqual(
      expect.arrayContaining([...(Array.isArray(stored?.ids) ? stored.ids : [])]),
    );
  });

  test('when the set of admins is missing in a table of an earlier version', async () => {
    const { access, ann } = await createAccess();
    await access.table.delete(KEY.admins());
    const demotion = changeUser(access, ann.actor, ANN, { role: 'viewer' });
    await expect(demotion).rejects.toMatchObject({ code: 'last_admin' });
    expect(await listAdmins(access)).toHaveLength(1);
  });
});

describe('changeUser', () => {
  test('gives a new role that holds from the next request on, in both directions', async () => {
    const { access, ann, bob } = await createAccess();
    await changeUser(access, ann.actor, BOB, { role: 'admin' });
    expect((await verifyAccessToken(access, bob.accessToken))?.role).toBe('admin');
    await changeUser(access, ann.actor, BOB, { role: 'viewer' });
    expect((await verifyAccessToken(access, bob.accessToken))?.role).toBe('viewer');
  });

  test('ends sessions, API tokens and sockets with a new password', async () => {
    const { access, closed, ann, bob } = await createAccess();
    const created = await createApiToken(access, bob.actor, {
      name: 'ci',
      role: 'viewer',
      days: 1,
    });
    await recordConnection(access, 'c1', bob.actor);
    await changeUser(access, ann.actor, BOB, { password: 'a new password' });
    expect(await verifyAccessToken(access, bob.accessToken)).toBeUndefined();
    expect(await verifyApiToken(access, created.token)).toBeUndefined();
    expect(closed).toEqual(['c1']);
    const input = { email: BOB, sourceAddress: '192.0.2.1' };
    await expect(signIn(access, { ...input, password: TEST_PASSWORD })).rejects.toThrow('wrong');
    expect((await signIn(access, { ...input, password: 'a new password' })).user.email).toBe(BOB);
  });

  test('ends an API token that a stolen session creates at the same moment', async () => {
    const { access, ann, bob } = await createAccess();
    await changeUser(access, ann.actor, BOB, { password: 'a new password' });
    const created = await createApiToken(access, bob.actor, { name: 'x', role: 'viewer', days: 1 });
    expect(await verifyApiToken(access, created.token)).toBeUndefined();
    expect(await listApiTokens(access, ann.actor)).toEqual([]);
  });

  test('does not set the own password, which needs the current password', async () => {
    const { access, ann } = await createAccess();
    const change = changeUser(access, ann.actor, ANN, { password: 'a new password' });
    await expect(change).rejects.toMatchObject({ code: 'own_user' });
  });
});

describe('changeOwnPassword', () => {
  test('ends the other sessions, opens a new session and keeps API tokens', async () => {
    const { access, bob } = await createAccess();
    const created = await createApiToken(access, bob.actor, {
      name: 'ci',
      role: 'viewer',
      days: 1,
    });
    const input = { current: TEST_PASSWORD, next: 'a new password' };
    const session = await changeOwnPassword(access, bob.actor, input);
    expect(await verifyAccessToken(access, bob.accessToken)).toBeUndefined();
    expect(await verifyAccessToken(access, session.accessToken)).toMatchObject({ email: BOB });
    expect(await verifyApiToken(access, created.token)).toBeDefined();
  });

  test('limits guesses of the current password', async () => {
    const { access, bob } = await createAccess();
    const guess = () =>
      changeOwnPassword(access, bob.actor, { current: 'guess', next: 'a new password' });
    for (let n = 0; n < 10; n += 1)
      await expect(guess()).rejects.toMatchObject({ code: 'wrong_password' });
    await expect(guess()).rejects.toMatchObject({ code: 'too_many_logins' });
  });
});

describe('sessions', () => {
  test('are listed and ended by their user, and by an admin for all users', async () => {
    const { access, closed, ann, bob } = await createAccess();
    await recordConnection(access, 'c1', bob.actor);
    const own = await listSessions(access, bob.actor);
    expect(own).toMatchObject([{ id: bob.actor.credential, email: BOB }]);
    expect(await listSessions(access, ann.actor)).toHaveLength(2);
    await expect(endSession(access, bob.actor, ann.actor.credential)).rejects.toMatchObject({
      code: 'session_not_found',
    });
    await endSession(access, ann.actor, bob.actor.credential);
    expect(await verifyAccessToken(access, bob.accessToken)).toBeUndefined();
    expect(closed).toEqual(['c1']);
  });

  test('end all at once for a user, and sockets of the API tokens stay open', async () => {
    const { access, closed, bob } = await createAccess();
    const second = await openSession(access, await requireUser(access, BOB));
    const created = await createApiToken(access, bob.actor, {
      name: 'ci',
      role: 'viewer',
      days: 1,
    });
    await recordConnection(access, 'c1', bob.actor);
    await recordConnection(access, 'c2', { ...bob.actor, via: 'token', credential: created.id });
    await endUserSessions(access, BOB);
    for (const token of [bob.accessToken, second.accessToken])
      expect(await verifyAccessToken(access, token)).toBeUndefined();
    expect(await verifyApiToken(access, created.token)).toBeDefined();
    expect(closed).toEqual(['c1']);
  });
});

describe('the first admin', () => {
  test('is created once, with a generated password if none is configured', async () => {
    const { deps } = createTestAccess();
    const { generatedPassword = '', state } = await ensureAdmin(deps, { email: ANN });
    expect(state).toBe('created');
    const user = await findUser(deps, ANN);
    expect(await deps.passwords.verify(generatedPassword, user?.hash)).toBe(true);
    const repeated = await ensureAdmin(deps, { email: ANN });
    expect(repeated).toEqual({ email: ANN, state: 'unchanged' });
  });

  test('regains the configured password and the role admin, and old credentials end', async () => {
    const { access, bob } = await createAccess();
    const created = await createApiToken(access, bob.actor, {
      name: 'ci',
      role: 'viewer',
      days: 1,
    });
    const input = { email: BOB, password: 'another one' };
    expect((await ensureAdmin(access, input)).state).toBe('updated');
    expect((await ensureAdmin(access, input)).state).toBe('unchanged');
    const user = await requireUser(access, BOB);
    expect(user.role).toBe('admin');
    expect(await access.passwords.verify('another one', user.hash)).toBe(true);
    expect(await access.passwords.verify(TEST_PASSWORD, user.hash)).toBe(false);
    expect(await verifyAccessToken(access, bob.accessToken)).toBeUndefined();
    expect(await verifyApiToken(access, created.token)).toBeUndefined();
  });

  test('in a table of an earlier version keeps its password and counts as admin', async () => {
    const { deps } = createTestAccess();
    const hash = await deps.passwords.hash(TEST_PASSWORD);
    await deps.table.put({ ...KEY.user(ANN), role: 'admin', hash, createdAt: 1 });
    expect((await ensureAdmin(deps, { email: ANN })).state).toBe('unchanged');
    const { account } = await requireUser(deps, ANN);
    expect(await deps.table.get(KEY.admins())).toMatchObject({ ids: [account] });
  });
});
