import type { AttemptId } from '../contract/id.ts';
import { attemptIdSchema } from '../contract/id.ts';
import type { AccessDeps } from './access-deps.ts';

// An attempt token identifies the calling attempt. The engine decides whether the attempt is still live.

/**
 * Signs the token of an attempt.
 *
 * @param expiresAt time at which the pod of the attempt is killed, epoch milliseconds
 */
export async function signAttemptToken(
  deps: Pick<AccessDeps, 'jwt' | 'clock'>,
  attempt: AttemptId,
  expiresAt: number,
): Promise<string> {
  return deps.jwt.sign({ subject: attempt, audience: 'attempt', expiresAt }, deps.clock.now());
}

/** Returns the attempt of a token without reading the table; undefined for any other or expired token. */
export async function verifyAttemptToken(
  deps: Pick<AccessDeps, 'jwt' | 'clock'>,
  token: string,
): Promise<AttemptId | undefined> {
  const claims = await deps.jwt.verify(token, 'attempt', deps.clock.now());
  const id = attemptIdSchema.safeParse(claims?.subject);
  return id.success ? id.data : undefined;
}
