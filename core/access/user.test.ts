import { describe, expect, test } from 'vitest';
import { createTestAccess } from '../../test/support/contract/test-access.ts';
import type { UserActor } from './actor.ts';
import { createUser, ensureAdmin, findUser, listUsers, removeUser } from './user.ts';

const annInput = { email: 'ann@example.org', password: 'correct horse', role: 'admin' } as const;
const annActor: UserActor = { kind: 'user', email: annInput.email, role: 'admin', via: 'session' };

test('different spellings of an e-mail address identify the same user', async () => {
  const { deps } = createTestAccess();
  await createUser(deps, annInput);
  const secondCreation = createUser(deps, {
    ...annInput,
    email: 'ANN@example.org',
    role: 'viewer',
  });
  await expect(secondCreation).rejects.toMatchObject({ code: 'user_exists' });
  expect(await listUsers(deps)).toMatchObject([{ email: annInput.email, role: 'admin' }]);
  expect(JSON.stringify(deps.table.listAll())).not.toContain(annInput.password);
});

test('an admin can remove other users, but not their own account', async () => {
  const { deps } = createTestAccess();
  await createUser(deps, annInput);
  await createUser(deps, { ...annInput, email: 'bob@example.org' });
  await removeUser(deps, annActor, 'Bob@example.org');
  await expect(removeUser(deps, annActor, 'bob@example.org')).rejects.toMatchObject({
    code: 'user_not_found',
  });
  await expect(removeUser(deps, annActor, 'Ann@example.org')).rejects.toMatchObject({
    code: 'own_user',
  });
  expect(await listUsers(deps)).toHaveLength(1);
});

describe('the first admin', () => {
  test('is created once, with a generated password if none is configured', async () => {
    const { deps } = createTestAccess();
    const { generatedPassword = '', state } = await ensureAdmin(deps, { email: annInput.email });
    expect(state).toBe('created');
    const user = await findUser(deps, annInput.email);
    expect(await deps.passwords.verify(generatedPassword, user?.hash)).toBe(true);
    const repeated = await ensureAdmin(deps, { email: annInput.email });
    expect(repeated).toEqual({ email: annInput.email, state: 'unchanged' });
  });

  test('regains the configured password and the role admin', async () => {
    const { deps } = createTestAccess();
    await createUser(deps, { ...annInput, role: 'viewer' });
    const input = { email: annInput.email, password: 'another one' };
    expect((await ensureAdmin(deps, input)).state).toBe('updated');
    expect((await ensureAdmin(deps, input)).state).toBe('unchanged');
    const user = await findUser(deps, annInput.email);
    expect(user?.role).toBe('admin');
    expect(await deps.passwords.verify('another one', user?.hash)).toBe(true);
    expect(await deps.passwords.verify(annInput.password, user?.hash)).toBe(false);
  });
});
