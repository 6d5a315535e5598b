import { expect, test } from 'vitest';
import { createTestAccess } from '../../test/support/contract/test-access.ts';
import { signAttemptToken, verifyAttemptToken } from './attempt-token.ts';

const ATTEMPT_ID = 'p3k9m2x7abc.r1.add-login.2';

test('an attempt token names its attempt until it expires, without a read of the table', async () => {
  const { deps, advanceClock } = createTestAccess();
  const { jwt, clock } = deps;
  const token = await signAttemptToken({ jwt, clock }, ATTEMPT_ID, clock.now() + 60_000);
  expect(await verifyAttemptToken({ jwt, clock }, token)).toBe(ATTEMPT_ID);
  advanceClock(60_000);
  expect(await verifyAttemptToken({ jwt, clock }, token)).toBeUndefined();
});

test('rejects an access token as an attempt token', async () => {
  const { deps } = createTestAccess();
  const expiresAt = deps.clock.now() + 60_000;
  const claims = { subject: ATTEMPT_ID, audience: 'session', expiresAt } as const;
  const token = await deps.jwt.sign(claims, deps.clock.now());
  expect(await verifyAttemptToken(deps, token)).toBeUndefined();
});
