import { expect, test } from 'vitest';
import { createTestAccess } from '../../test/support/contract/test-access.ts';
import { SIGN_IN_WINDOW_MS } from './login-limit.ts';
import { signIn } from './sign-in.ts';
import { createUser } from './user.ts';

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

test('limits attempts for one e-mail address from all source addresses until the window ends', async () => {
  const { deps, advanceClock } = await createAccess();
  const attempts = Array.from({ length: 30 }, (_, index) =>
    signIn(deps, { ...wrongPasswordInput, sourceAddress: `192.0.2.${index}` }),
  );
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

test('limits attempts from one source address for all e-mail addresses', async () => {
  const { deps } = await createAccess();
  for (let n = 0; n < 50; n += 1)
    await expect(
      signIn(deps, { ...wrongPasswordInput, email: `u${n}@example.org` }),
    ).rejects.toMatchObject({
      code: 'unauthorized',
    });
  await expect(signIn(deps, validInput)).rejects.toMatchObject({ code: 'too_many_logins' });
});

test('a successful sign-in resets the count of failed attempts', async () => {
  const { deps } = await createAccess();
  for (let round = 0; round < 3; round += 1) {
    for (let n = 0; n < 9; n += 1)
      await expect(signIn(deps, wrongPasswordInput)).rejects.toThrow('wrong');
    await signIn(deps, validInput);
  }
});
