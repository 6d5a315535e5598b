import { expect, test } from 'vitest';
import { createTestAccess } from '../../test/support/contract/test-access.ts';
import type { AccessDeps } from './access-deps.ts';
import { createUser } from './change-user.ts';
import { SIGN_IN_WINDOW_MS } from './login-limit.ts';
import { signIn } from './sign-in.ts';

const validInput = {
  email: 'ann@example.org',
  password: 'correct horse',
  sourceAddress: '192.0.2.1',
};
const wrongPasswordInput = { ...validInput, password: 'wrong' };

async function createAccess() {
  const access = createTestAccess();
  await createUser(access.deps, { ...validInput, role: 'viewer' });
  return access;
}

test('an unknown user and a wrong password get the same error', async () => {
  const { deps } = await createAccess();
  const unknownUser = signIn(deps, { ...validInput, email: 'bob@example.org' });
  await expect(unknownUser).rejects.toThrow('e-mail or password is wrong');
  await expect(signIn(deps, wrongPasswordInput)).rejects.toThrow('e-mail or password is wrong');
});

function signInFrom(deps: AccessDeps, sourceAddress: string, password: string) {
  return signIn(deps, { ...validInput, password, sourceAddress });
}

test('limits attempts for one e-mail address from one source address until the window ends', async () => {
  const { deps, advanceClock } = await createAccess();
  const attempts = Array.from({ length: 30 }, () => signIn(deps, wrongPasswordInput));
  const codes = (await Promise.allSettled(attempts)).map((outcome) =>
    outcome.status === 'rejected' ? outcome.reason.code : 'signed_in',
  );
  expect(codes.filter((code) => code === 'unauthorized')).toHaveLength(10);
  expect(codes.filter((code) => code === 'too_many_logins')).toHaveLength(20);
  const blocked = await signIn(deps, validInput).catch((error: unknown) => error);
  const until = Math.ceil(deps.clock.now() / SIGN_IN_WINDOW_MS) * SIGN_IN_WINDOW_MS;
  expect(blocked).toMatchObject({ kind: 'limited', details: { until } });
  advanceClock(until - deps.clock.now());
  expect((await signIn(deps, validInput)).user.role).toBe('viewer');
});

test('wrong passwords from other source addresses do not keep the user from signing in', async () => {
  const { deps } = await createAccess();
  for (let n = 0; n < 100; n += 1) {
    const guess = signInFrom(deps, `192.0.2.${100 + (n % 20)}`, 'wrong');
    await expect(guess).rejects.toThrow();
  }
  expect((await signIn(deps, validInput)).user.email).toBe(validInput.email);
});

test('limits attempts from one source address for all e-mail addresses', async () => {
  const { deps } = await createAccess();
  for (let n = 0; n < 100; n += 1)
    await expect(
      signIn(deps, { ...wrongPasswordInput, email: `u${n}@example.org` }),
    ).rejects.toMatchObject({
      code: 'unauthorized',
    });
  await expect(signIn(deps, validInput)).rejects.toMatchObject({ code: 'too_many_logins' });
});

test('guesses of other e-mail addresses by programs of the same machine do not lock out a user', async () => {
  const { deps } = await createAccess();
  for (let n = 0; n < 150; n += 1) {
    const email = `u${n}@example.org`;
    const guess = signIn(deps, { ...wrongPasswordInput, email, sourceAddress: '127.0.0.1' });
    await expect(guess).rejects.toMatchObject({ code: 'unauthorized' });
  }
  const session = await signInFrom(deps, '::1', validInput.password);
  expect(session.user.email).toBe(validInput.email);
});

test('counts the IPv6 addresses of one network together', async () => {
  const { deps } = await createAccess();
  for (let n = 0; n < 10; n += 1)
    await expect(signInFrom(deps, `2001:db8:0:1::${n + 1}`, 'wrong')).rejects.toThrow('wrong');
  const sameNetwork = signInFrom(deps, '2001:0DB8:0000:1:ffff::7', validInput.password);
  await expect(sameNetwork).rejects.toMatchObject({ code: 'too_many_logins' });
  const otherNetwork = await signInFrom(deps, '2001:db8:0:2::1', validInput.password);
  expect(otherNetwork.user.email).toBe(validInput.email);
});

test('a successful sign-in resets the count of failed attempts', async () => {
  const { deps } = await createAccess();
  for (let round = 0; round < 3; round += 1) {
    for (let n = 0; n < 9; n += 1)
      await expect(signIn(deps, wrongPasswordInput)).rejects.toThrow('wrong');
    await signIn(deps, validInput);
  }
});
