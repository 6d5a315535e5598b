import { expect, test } from 'vitest';
import { createTestAccess } from '../../test/support/access.ts';
import { login } from './login.ts';
import { LOGIN_WINDOW_MS } from './login-limit.ts';
import { createUser } from './user.ts';

const right = { email: 'ann@example.org', password: 'correct horse', sourceAddress: '192.0.2.1' };
const wrong = { ...right, password: 'wrong' };

async function access() {
  const made = createTestAccess();
  await createUser(made.deps, { ...right, role: 'viewer' });
  return made;
}

test('an unknown user and a wrong password are told the same', async () => {
  const { deps } = await access();
  const unknown = login(deps, { ...right, email: 'bob@example.org' });
  await expect(unknown).rejects.toThrow('e-mail or password is wrong');
  await expect(login(deps, wrong)).rejects.toThrow('e-mail or password is wrong');
});

test('too many tries for one e-mail wait for the window to end, from wherever they come', async () => {
  const { deps, pass } = await access();
  const tries = Array.from({ length: 30 }, (_, index) =>
    login(deps, { ...wrong, sourceAddress: `192.0.2.${index}` }),
  );
  const codes = (await Promise.allSettled(tries)).map((one) =>
    one.status === 'rejected' ? one.reason.code : 'in',
  );
  expect(codes.filter((code) => code === 'unauthorized')).toHaveLength(10);
  expect(codes.filter((code) => code === 'too_many_logins')).toHaveLength(20);
  const blocked = await login(deps, right).catch((error: unknown) => error);
  const until = Math.ceil(deps.clock.now() / LOGIN_WINDOW_MS) * LOGIN_WINDOW_MS;
  expect(blocked).toMatchObject({ kind: 'limited', details: { until } });
  pass(until - deps.clock.now());
  expect((await login(deps, right)).user.role).toBe('viewer');
});

test('too many tries from one address are stopped, whomever they name', async () => {
  const { deps } = await access();
  for (let n = 0; n < 50; n += 1)
    await expect(login(deps, { ...wrong, email: `u${n}@example.org` })).rejects.toMatchObject({
      code: 'unauthorized',
    });
  await expect(login(deps, right)).rejects.toMatchObject({ code: 'too_many_logins' });
});

test('the right password forgets the tries before it', async () => {
  const { deps } = await access();
  for (let round = 0; round < 3; round += 1) {
    for (let n = 0; n < 9; n += 1) await expect(login(deps, wrong)).rejects.toThrow('wrong');
    await login(deps, right);
  }
});
