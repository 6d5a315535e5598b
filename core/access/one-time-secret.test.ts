import { expect, test } from 'vitest';
import { createTestAccess } from '../../test/support/contract/test-access.ts';
import type { UserActor } from './actor.ts';
import {
  exchangeSignInCode,
  issueSignInCode,
  issueSocketTicket,
  redeemSocketTicket,
  SIGN_IN_CODE_LIFETIME_MS,
  SOCKET_TICKET_LIFETIME_MS,
} from './one-time-secret.ts';
import { createUser } from './user.ts';

const annActor: UserActor = {
  kind: 'user',
  email: 'ann@example.org',
  role: 'operator',
  via: 'session',
};

async function createAccess() {
  const made = createTestAccess();
  await createUser(made.deps, { email: annActor.email, password: 'p', role: 'operator' });
  return made;
}

test('a sign-in code signs in once', async () => {
  const { deps } = await createAccess();
  const { code } = await issueSignInCode(deps, 'Ann@example.org');
  const both = await Promise.allSettled([
    exchangeSignInCode(deps, code),
    exchangeSignInCode(deps, code),
  ]);
  const sessions = both.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  expect(sessions.map(({ user }) => user)).toEqual([{ email: annActor.email, role: 'operator' }]);
  await expect(exchangeSignInCode(deps, code)).rejects.toMatchObject({ code: 'unauthorized' });
});

test('a sign-in code is over after ten minutes', async () => {
  const { deps, advanceClock: pass } = await createAccess();
  const { code, expiresAt } = await issueSignInCode(deps, annActor.email);
  expect(expiresAt).toBe(deps.clock.now() + SIGN_IN_CODE_LIFETIME_MS);
  pass(SIGN_IN_CODE_LIFETIME_MS);
  await expect(exchangeSignInCode(deps, code)).rejects.toMatchObject({ code: 'unauthorized' });
});

test('a ticket opens one socket, with the role it was asked for with', async () => {
  const { deps } = await createAccess();
  const { ticket } = await issueSocketTicket(deps, { ...annActor, role: 'viewer' });
  expect(await redeemSocketTicket(deps, ticket)).toEqual({ ...annActor, role: 'viewer' });
  expect(await redeemSocketTicket(deps, ticket)).toBeUndefined();
});

test('a ticket is no sign-in code, is over after a minute, and ends with its user', async () => {
  const { deps, advanceClock: pass } = await createAccess();
  const first = await issueSocketTicket(deps, annActor);
  await expect(exchangeSignInCode(deps, first.ticket)).rejects.toThrow('sign-in code');
  pass(SOCKET_TICKET_LIFETIME_MS);
  expect(await redeemSocketTicket(deps, first.ticket)).toBeUndefined();
  const second = await issueSocketTicket(deps, annActor);
  await deps.table.delete({ pk: 'access#users', sk: annActor.email });
  expect(await redeemSocketTicket(deps, second.ticket)).toBeUndefined();
});
