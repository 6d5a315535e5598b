import type { AttemptId } from '../contract/id.ts';
import { attemptIdSchema } from '../contract/id.ts';
import type { AccessDeps } from './access-deps.ts';

// Proves which attempt calls, nothing more: whether that attempt is still the one is for the engine to say.

export async function signAttemptToken(
  deps: Pick<AccessDeps, 'jwt' | 'clock'>,
  attempt: AttemptId,
  /** Epoch milliseconds; the pod's hard end. */
  expiresAt: number,
): Promise<string> {
  return deps.jwt.sign({ subject: attempt, audience: 'attempt', expiresAt }, deps.clock.now());
}

/** No store is read. Undefined: not an attempt's token, or over. */
export async function verifyAttemptToken(
  deps: Pick<AccessDeps, 'jwt' | 'clock'>,
  token: string,
): Promise<AttemptId | undefined> {
  const claims = await deps.jwt.verify(token, 'attempt', deps.clock.now());
  const id = attemptIdSchema.safeParse(claims?.subject);
  return id.success ? id.data : undefined;
}
