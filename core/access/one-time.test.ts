import { expect, test } from 'vitest';
import { createTestAccess } from '../../test/support/access.ts';
import type { UserActor } from './actor.ts';
import {
  exchangeSignInCode,
  issueSignInCode,
  issueSocketTicket,
  redeemSocketTicket,
  SIGN_IN_CODE_MS,
  SOCKET_TICKET_MS,
} from './one-time.ts';
import { createUser } from './user.ts';

const ann: UserActor = { kind: 'user', email: 'ann@example.org', role: 'operator', via: 'session' };

async function access() {
  const made = createTestAccess();
  await createUser(made.deps, { email: ann.email, password: 'p', role: 'operator' });
  return made;
}

test('a sign-in code signs in once', async () => {
  const { deps } = await access();
  const { code } = await issueSignInCode(deps, 'Ann@example.org');
  const both = await Promise.allSettled([
    exchangeSignInCode(deps, code),
    exchangeSignInCode(deps, code),
  ]);
  const sessions = both.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  expect(sessions.map(({ user }) => user)).toEqual([{ email: ann.email, role: 'operator' }]);
  await expect(exchangeSignInCode(deps, code)).rejects.toMatchObject({ code: 'unauthorized' });
});

test('a sign-in code is over after ten minutes', async () => {
  const { deps, pass } = await access();
  const { code, expiresAt } = await issueSignInCode(deps, ann.email);
  expect(expiresAt).toBe(deps.clock.now() + SIGN_IN_CODE_MS);
  pass(SIGN_IN_CODE_MS);
  await expect(exchangeSignInCode(deps, code)).rejects.toMatchObject({ code: 'unauthorized' });
});

test('a ticket opens one socket, with the role it was asked for with', async () => {
  const { deps } = await access();
  const { ticket } = await issueSocketTicket(deps, { ...ann, role: 'viewer' });
  expect(await redeemSocketTicket(deps, ticket)).toEqual({ ...ann, role: 'viewer' });
  expect(await redeemSocketTicket(deps, ticket)).toBeUndefined();
});

test('a ticket is no sign-in code, is over after a minute, and ends with its user', async () => {
  const { deps, pass } = await access();
  const first = await issueSocketTicket(deps, ann);
  await expect(exchangeSignInCode(deps, first.ticket)).rejects.toThrow('sign-in code');
  pass(SOCKET_TICKET_MS);
  expect(await redeemSocketTicket(deps, first.ticket)).toBeUndefined();
  const second = await issueSocketTicket(deps, ann);
  await deps.table.delete({ pk: 'access#users', sk: ann.email });
  expect(await redeemSocketTicket(deps, second.ticket)).toBeUndefined();
});
