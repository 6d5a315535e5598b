import { expect, test } from 'vitest';
import { createTestAccess } from '../../test/support/contract/test-access.ts';
import { LOGIN_WINDOW_MS } from './login-limit.ts';
import { signIn } from './sign-in.ts';
import { createUser } from './user.ts';

const validInput = {
  email: 'ann@example.org',
  password: 'correct horse',
  sourceAddress: '192.0.2.1',
};
const wrongPasswordInput = { ...validInput, password: 'wrong' };

async function createAccess() {
  const made = createTestAccess();
  await createUser(made.deps, { ...validInput, role: 'viewer' });
  return made;
}

test('an unknown user and a wrong password are told the same', async () => {
  const { deps } = await createAccess();
  const unknown = signIn(deps, { ...validInput, email: 'bob@example.org' });
  await expect(unknown).rejects.toThrow('e-mail or password is wrong');
  await expect(signIn(deps, wrongPasswordInput)).rejects.toThrow('e-mail or password is wrong');
});

test('too many tries for one e-mail wait for the window to end, from wherever they come', async () => {
  const { deps, advanceClock: pass } = await createAccess();
  const tries = Array.from({ length: 30 }, (_, index) =>
    signIn(deps, { ...wrongPasswordInput, sourceAddress: `192.0.2.${index}` }),
  );
  const codes = (await Promise.allSettled(tries)).map((one) =>
    one.status === 'rejected' ? one.reason.code : 'in',
  );
  expect(codes.filter((code) => code === 'unauthorized')).toHaveLength(10);
  expect(codes.filter((code) => code === 'too_many_logins')).toHaveLength(20);
  const blocked = await signIn(deps, validInput).catch((error: unknown) => error);
  const until = Math.ceil(deps.clock.now() / LOGIN_WINDOW_MS) * LOGIN_WINDOW_MS;
  expect(blocked).toMatchObject({ kind: 'limited', details: { until } });
  pass(until - deps.clock.now());
  expect((await signIn(deps, validInput)).user.role).toBe('viewer');
});

test('too many tries from one address are stopped, whomever they name', async () => {
  const { deps } = await createAccess();
  for (let n = 0; n < 50; n += 1)
    await expect(
      signIn(deps, { ...wrongPasswordInput, email: `u${n}@example.org` }),
    ).rejects.toMatchObject({
      code: 'unauthorized',
    });
  await expect(signIn(deps, validInput)).rejects.toMatchObject({ code: 'too_many_logins' });
});

test('the right password forgets the tries before it', async () => {
  const { deps } = await createAccess();
  for (let round = 0; round < 3; round += 1) {
    for (let n = 0; n < 9; n += 1)
      await expect(signIn(deps, wrongPasswordInput)).rejects.toThrow('wrong');
    await signIn(deps, validInput);
  }
});
