import { describe, expect, test } from 'vitest';
import { createTestAccess } from '../../test/support/contract/test-access.ts';
import {
  ACCESS_TOKEN_LIFETIME_MS,
  refreshSession,
  SESSION_LIFETIME_MS,
  verifyAccessToken,
} from './session.ts';
import { signIn } from './sign-in.ts';
import { createUser } from './user.ts';

const PASSWORD = 'correct horse battery';

async function createSignedInAccess() {
  const access = createTestAccess();
  await createUser(access.deps, { email: 'ann@example.org', password: PASSWORD, role: 'operator' });
  const input = { email: 'Ann@Example.org', password: PASSWORD, sourceAddress: '192.0.2.1' };
  const session = await signIn(access.deps, input);
  return { ...access, session };
}

describe('access token', () => {
  test('names the user and their role for 15 minutes', async () => {
    const { deps, advanceClock: pass, session } = await createSignedInAccess();
    const actor = { kind: 'user', email: 'ann@example.org', role: 'operator', via: 'session' };
    expect(await verifyAccessToken(deps, session.accessToken)).toEqual(actor);
    expect(session.expiresAt).toBe(deps.clock.now() + ACCESS_TOKEN_LIFETIME_MS);
    pass(ACCESS_TOKEN_LIFETIME_MS);
    expect(await verifyAccessToken(deps, session.accessToken)).toBeUndefined();
  });

  test('is not made of an attempt token, nor of other text', async () => {
    const { deps } = await createSignedInAccess();
    const expiresAt = deps.clock.now() + 1_000_000;
    const claims = { subject: 'ann@example.org', expiresAt, extra: { role: 'admin' } };
    const attempt = await deps.jwt.sign({ ...claims, audience: 'attempt' }, deps.clock.now());
    expect(await verifyAccessToken(deps, attempt)).toBeUndefined();
    expect(await verifyAccessToken(deps, 'x.y.z')).toBeUndefined();
  });
});

describe('refresh token', () => {
  test('is changed by every use', async () => {
    const { deps, session } = await createSignedInAccess();
    const second = await refreshSession(deps, session.refreshToken);
    expect(second.refreshToken).not.toBe(session.refreshToken);
    const third = await refreshSession(deps, second.refreshToken);
    expect(third.user).toEqual({ email: 'ann@example.org', role: 'operator' });
  });

  test('used again after it was replaced ends the session', async () => {
    const { deps, advanceClock: pass, session } = await createSignedInAccess();
    const second = await refreshSession(deps, session.refreshToken);
    pass(60_000);
    await expect(refreshSession(deps, session.refreshToken)).rejects.toThrow('no longer valid');
    await expect(refreshSession(deps, second.refreshToken)).rejects.toThrow('no longer valid');
  });

  test('used twice at once gives one new token and ends nothing', async () => {
    const { deps, session } = await createSignedInAccess();
    const both = await Promise.allSettled([
      refreshSession(deps, session.refreshToken),
      refreshSession(deps, session.refreshToken),
    ]);
    const [won, ...more] = both.filter((one) => one.status === 'fulfilled');
    expect(more).toEqual([]);
    expect(both.find((one) => one.status === 'rejected')?.reason).toMatchObject({
      code: 'refresh_raced',
    });
    await refreshSession(deps, won?.value.refreshToken ?? '');
  });

  test('gives the role that the user has now', async () => {
    const { deps, session } = await createSignedInAccess();
    const key = { pk: 'access#users', sk: 'ann@example.org' };
    await deps.table.update(key, { set: { role: 'viewer' } });
    const demoted = await refreshSession(deps, session.refreshToken);
    expect(demoted.user.role).toBe('viewer');
    await deps.table.delete(key);
    await expect(refreshSession(deps, demoted.refreshToken)).rejects.toThrow('no longer valid');
  });

  test('is over after its time, and is not kept in the clear', async () => {
    const { deps, advanceClock: pass, session } = await createSignedInAccess();
    const secret = session.refreshToken.split('.')[1] ?? '';
    expect(JSON.stringify(deps.table.listAll())).not.toContain(secret);
    pass(SESSION_LIFETIME_MS);
    await expect(refreshSession(deps, session.refreshToken)).rejects.toThrow('no longer valid');
  });

  test('made up is refused', async () => {
    const { deps } = await createSignedInAccess();
    for (const token of ['', '.', 'x', 'a.b.c', '\0.\0'])
      await expect(refreshSession(deps, token)).rejects.toMatchObject({ code: 'unauthorized' });
  });
});
