import { describe, expect, test } from 'vitest';
import { createRecordingPush, createTestAccess } from '../../test/support/contract/test-access.ts';
import { KEY } from '../topology/table-keys.ts';
import { createUser, endUserSessions } from './change-user.ts';
import {
  ACCESS_TOKEN_LIFETIME_MS,
  openSession,
  refreshSession,
  SESSION_LIFETIME_MS,
  verifyAccessToken,
} from './session.ts';
import { signIn } from './sign-in.ts';
import { requireUser } from './user.ts';

const PASSWORD = 'correct horse battery';

async function createSignedInAccess() {
  const access = createTestAccess();
  await createUser(access.deps, { email: 'ann@example.org', password: PASSWORD, role: 'operator' });
  const input = { email: 'Ann@Example.org', password: PASSWORD, sourceAddress: '192.0.2.1' };
  const session = await signIn(access.deps, input);
  return { ...access, session };
}

describe('access token', () => {
  test('identifies the user and the role for 15 minutes', async () => {
    const { deps, advanceClock, session } = await createSignedInAccess();
    const actor = { kind: 'user', email: 'ann@example.org', role: 'operator', via: 'session' };
    expect(await verifyAccessToken(deps, session.accessToken)).toMatchObject(actor);
    expect(session.expiresAt).toBe(deps.clock.now() + ACCESS_TOKEN_LIFETIME_MS);
    advanceClock(ACCESS_TOKEN_LIFETIME_MS);
    expect(await verifyAccessToken(deps, session.accessToken)).toBeUndefined();
  });

  test('is rejected if it is an attempt token or malformed', async () => {
    const { deps } = await createSignedInAccess();
    const expiresAt = deps.clock.now() + 1_000_000;
    const claims = { subject: 'ann@example.org', expiresAt, extra: { role: 'admin' } };
    const attemptToken = await deps.jwt.sign({ ...claims, audience: 'attempt' }, deps.clock.now());
    expect(await verifyAccessToken(deps, attemptToken)).toBeUndefined();
    expect(await verifyAccessToken(deps, 'x.y.z')).toBeUndefined();
  });
});

describe('refresh token', () => {
  test('changes with every use', async () => {
    const { deps, session } = await createSignedInAccess();
    const second = await refreshSession(deps, session.refreshToken);
    expect(second.refreshToken).not.toBe(session.refreshToken);
    const third = await refreshSession(deps, second.refreshToken);
    expect(third.user).toEqual({ email: 'ann@example.org', role: 'operator' });
  });

  test('ends the session when a replaced token is used again', async () => {
    const { deps, advanceClock, session } = await createSignedInAccess();
    const second = await refreshSession(deps, session.refreshToken);
    advanceClock(60_000);
    await expect(refreshSession(deps, session.refreshToken)).rejects.toThrow('no longer valid');
    await expect(refreshSession(deps, second.refreshToken)).rejects.toThrow('no longer valid');
  });

  test('is accepted for only one of two concurrent requests, and the session continues', async () => {
    const { deps, session } = await createSignedInAccess();
    const outcomes = await Promise.allSettled([
      refreshSession(deps, session.refreshToken),
      refreshSession(deps, session.refreshToken),
    ]);
    const [winner, ...others] = outcomes.filter((outcome) => outcome.status === 'fulfilled');
    expect(others).toEqual([]);
    expect(outcomes.find((outcome) => outcome.status === 'rejected')?.reason).toMatchObject({
      code: 'refresh_raced',
    });
    await refreshSession(deps, winner?.value.refreshToken ?? '');
  });

  test('gives the new session the current role of the user', async () => {
    const { deps, session } = await createSignedInAccess();
    const key = KEY.user('ann@example.org');
    await deps.table.update(key, { set: { role: 'viewer' } });
    const demoted = await refreshSession(deps, session.refreshToken);
    expect(demoted.user.role).toBe('viewer');
    await deps.table.delete(key);
    await expect(refreshSession(deps, demoted.refreshToken)).rejects.toThrow('no longer valid');
  });

  test('expires, and is not stored in clear text', async () => {
    const { deps, advanceClock, session } = await createSignedInAccess();
    const secret = session.refreshToken.split('.')[2] ?? '';
    expect(JSON.stringify(deps.table.listAll())).not.toContain(secret);
    advanceClock(SESSION_LIFETIME_MS);
    await expect(refreshSession(deps, session.refreshToken)).rejects.toThrow('no longer valid');
  });

  test('is rejected if it was never issued', async () => {
    const { deps } = await createSignedInAccess();
    for (const token of ['', '.', 'x', 'a.b.c', '\0.\0'])
      await expect(refreshSession(deps, token)).rejects.toMatchObject({ code: 'unauthorized' });
  });
});

describe('sessions of an account', () => {
  test('end when the e-mail address is removed and added again', async () => {
    const { deps, session } = await createSignedInAccess();
    await deps.table.delete(KEY.user('ann@example.org'));
    await createUser(deps, { email: 'ann@example.org', password: PASSWORD, role: 'admin' });
    expect(await verifyAccessToken(deps, session.accessToken)).toBeUndefined();
    await expect(refreshSession(deps, session.refreshToken)).rejects.toThrow('no longer valid');
  });

  test('have the stored role at each request', async () => {
    const { deps, session } = await createSignedInAccess();
    await deps.table.update(KEY.user('ann@example.org'), { set: { role: 'viewer' } });
    expect((await verifyAccessToken(deps, session.accessToken))?.role).toBe('viewer');
  });

  test('end with their access token when a replaced refresh token is used again', async () => {
    const { deps, advanceClock, session } = await createSignedInAccess();
    const second = await refreshSession(deps, session.refreshToken);
    advanceClock(60_000);
    await expect(refreshSession(deps, session.refreshToken)).rejects.toThrow('no longer valid');
    expect(await verifyAccessToken(deps, second.accessToken)).toBeUndefined();
  });

  test('are invalid if the password was changed between its check and the start of the session', async () => {
    const { deps } = await createSignedInAccess();
    const user = await requireUser(deps, 'ann@example.org');
    await endUserSessions({ ...deps, ...createRecordingPush() }, user.email);
    const late = await openSession(deps, user);
    expect(await verifyAccessToken(deps, late.accessToken)).toBeUndefined();
  });
});
