import { expect, test } from 'vitest';
import {
  createRecordingPush,
  createTestAccess,
  createTestUser,
} from '../../test/support/contract/test-access.ts';
import { KEY } from '../topology/table-keys.ts';
import { endUserSessions } from './change-user.ts';
import { signOut } from './end-session.ts';
import {
  exchangeSignInCode,
  issueSignInCode,
  issueSocketTicket,
  redeemSocketTicket,
  SIGN_IN_CODE_LIFETIME_MS,
  SOCKET_TICKET_LIFETIME_MS,
} from './one-time-secret.ts';

const EMAIL = 'ann@example.org';

async function createAccess() {
  const access = createTestAccess();
  return { ...access, annActor: (await createTestUser(access.deps, EMAIL, 'operator')).actor };
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
  expect(sessions.map(({ user }) => user)).toEqual([{ email: EMAIL, role: 'operator' }]);
  await expect(exchangeSignInCode(deps, code)).rejects.toMatchObject({ code: 'unauthorized' });
});

test('a sign-in code expires after ten minutes', async () => {
  const { deps, advanceClock } = await createAccess();
  const { code, expiresAt } = await issueSignInCode(deps, EMAIL);
  expect(expiresAt).toBe(deps.clock.now() + SIGN_IN_CODE_LIFETIME_MS);
  advanceClock(SIGN_IN_CODE_LIFETIME_MS);
  await expect(exchangeSignInCode(deps, code)).rejects.toMatchObject({ code: 'unauthorized' });
});

test('a ticket opens one socket, with the role of the request that created the ticket', async () => {
  const { deps, annActor } = await createAccess();
  const { ticket } = await issueSocketTicket(deps, { ...annActor, role: 'viewer' });
  expect(await redeemSocketTicket(deps, ticket)).toEqual({ ...annActor, role: 'viewer' });
  expect(await redeemSocketTicket(deps, ticket)).toBeUndefined();
});

test('a ticket is no sign-in code, expires after a minute, and becomes invalid when its user is removed', async () => {
  const { deps, advanceClock, annActor } = await createAccess();
  const first = await issueSocketTicket(deps, annActor);
  await expect(exchangeSignInCode(deps, first.ticket)).rejects.toThrow('sign-in code');
  advanceClock(SOCKET_TICKET_LIFETIME_MS);
  expect(await redeemSocketTicket(deps, first.ticket)).toBeUndefined();
  const second = await issueSocketTicket(deps, annActor);
  await deps.table.delete(KEY.user(EMAIL));
  expect(await redeemSocketTicket(deps, second.ticket)).toBeUndefined();
});

test('a sign-in code becomes invalid when the sessions of its user end or its user is replaced', async () => {
  const { deps } = await createAccess();
  const first = await issueSignInCode(deps, EMAIL);
  await endUserSessions({ ...deps, ...createRecordingPush() }, EMAIL);
  await expect(exchangeSignInCode(deps, first.code)).rejects.toThrow('no longer valid');
  const second = await issueSignInCode(deps, EMAIL);
  await deps.table.delete(KEY.user(EMAIL));
  await createTestUser(deps, EMAIL, 'operator');
  await expect(exchangeSignInCode(deps, second.code)).rejects.toThrow('no longer valid');
});

test('a ticket becomes invalid when its session ends', async () => {
  const { deps, annActor } = await createAccess();
  const { ticket } = await issueSocketTicket(deps, annActor);
  await signOut({ ...deps, ...createRecordingPush() }, annActor);
  expect(await redeemSocketTicket(deps, ticket)).toBeUndefined();
});
