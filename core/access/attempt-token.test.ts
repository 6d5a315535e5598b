import { expect, test } from 'vitest';
import { createTestAccess } from '../../test/support/contract/test-access.ts';
import { signAttemptToken, verifyAttemptToken } from './attempt-token.ts';

const ATTEMPT_ID = 'p3k9m2x7abc.r1.add-login.2';

test('an attempt token names its attempt until its end, and no store is asked', async () => {
  const { deps, advanceClock: pass } = createTestAccess();
  const { jwt, clock } = deps;
  const token = await signAttemptToken({ jwt, clock }, ATTEMPT_ID, clock.now() + 60_000);
  expect(await verifyAttemptToken({ jwt, clock }, token)).toBe(ATTEMPT_ID);
  pass(60_000);
  expect(await verifyAttemptToken({ jwt, clock }, token)).toBeUndefined();
});

test('a session is no attempt token', async () => {
  const { deps } = createTestAccess();
  const expiresAt = deps.clock.now() + 60_000;
  const claims = { subject: ATTEMPT_ID, audience: 'session', expiresAt } as const;
  const token = await deps.jwt.sign(claims, deps.clock.now());
  expect(await verifyAttemptToken(deps, token)).toBeUndefined();
});
