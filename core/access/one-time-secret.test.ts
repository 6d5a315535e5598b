import { expect, test } from 'vitest';
import { createTestAccess } from '../../test/support/contract/test-access.ts';
import { KEY } from '../topology/table-keys.ts';
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
  const access = createTestAccess();
  await createUser(access.deps, { email: annActor.email, password: 'p', role: 'operator' });
  return access;
}

test('a sign-in code works once', async () => {
  const { deps } = await createAccess();
  const { code } = await issueSignInCode(deps, 'Ann@example.org');
  const outcomes = await Promise.allSettled([
    exchangeSignInCode(deps, code),
    exchangeSignInCode(deps, code),
  ]);
  const sessions = outcomes.flatMap((outcome) =>
    outcome.status === 'fulfilled' ? [outcome.value] : [],
  );
  expect(sessions.map(({ user }) => user)).toEqual([{ email: annActor.email, role: 'operator' }]);
  await expect(exchangeSignInCode(deps, code)).rejects.toMatchObject({ code: 'unauthorized' });
});

test('a sign-in code expires after ten minutes', async () => {
  const { deps, advanceClock } = await createAccess();
  const { code, expiresAt } = await issueSignInCode(deps, annActor.email);
  expect(expiresAt).toBe(deps.clock.now() + SIGN_IN_CODE_LIFETIME_MS);
  advanceClock(SIGN_IN_CODE_LIFETIME_MS);
  await expect(exchangeSignInCode(deps, code)).rejects.toMatchObject({ code: 'unauthorized' });
});

test('a ticket opens one socket, with the role of the request that created the ticket', async () => {
  const { deps } = await createAccess();
  const { ticket } = await issueSocketTicket(deps, { ...annActor, role: 'viewer' });
  expect(await redeemSocketTicket(deps, ticket)).toEqual({ ...annActor, role: 'viewer' });
  expect(await redeemSocketTicket(deps, ticket)).toBeUndefined();
});

test('a ticket is no sign-in code, expires after a minute, and becomes invalid when its user is removed', async () => {
  const { deps, advanceClock } = await createAccess();
  const first = await issueSocketTicket(deps, annActor);
  await expect(exchangeSignInCode(deps, first.ticket)).rejects.toThrow('sign-in code');
  advanceClock(SOCKET_TICKET_LIFETIME_MS);
  expect(await redeemSocketTicket(deps, first.ticket)).toBeUndefined();
  const second = await issueSocketTicket(deps, annActor);
  await deps.table.delete(KEY.user(annActor.email));
  expect(await redeemSocketTicket(deps, second.ticket)).toBeUndefined();
});
