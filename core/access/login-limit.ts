import { AppError } from '../base/app-error.ts';
import { ITEM_IS_ABSENT } from '../port/table.ts';
import { KEY } from '../topology/table-keys.ts';
import type { AccessDeps } from './access-deps.ts';
import { hashSha256 } from './secret.ts';

// Limits sign-in attempts, against password guessing: each e-mail address and each source address has a maximum number of attempts
// in a time window. An attempt is counted before its password is checked, so that concurrent attempts cannot exceed the limit.

export const SIGN_IN_WINDOW_MS = 15 * 60_000;
/** Maximum number of attempts in one time window. */
const MAX_ATTEMPTS = { email: 10, address: 50 } as const;

type LimitSubject = keyof typeof MAX_ATTEMPTS;

/** Counts an attempt; throws AppError `too_many_logins` with the end of the window as `until` in its details. */
export async function countSignInAttempt(
  deps: Pick<AccessDeps, 'table' | 'clock'>,
  subject: LimitSubject,
  value: string,
): Promise<void> {
  const now = deps.clock.now();
  const until = computeWindowEnd(now);
  const key = buildCounterKey(subject, value, now);
  const newCounter = { ...key, tries: 1, expiresAt: Math.ceil(until / 1_000) };
  if (await deps.table.put(newCounter, ITEM_IS_ABSENT)) return;
  const isBelowLimit = [{ attribute: 'tries', below: MAX_ATTEMPTS[subject] }];
  if ((await deps.table.update(key, { add: { tries: 1 } }, isBelowLimit)) !== undefined) return;
  throw new AppError(
    'limited',
    'too_many_logins',
    'too many attempts to sign in; wait up to 15 minutes and try again',
    {
      details: { until },
    },
  );
}

/** Clears the counter of an e-mail address after a successful sign-in. */
export async function resetSignInAttempts(
  deps: Pick<AccessDeps, 'table' | 'clock'>,
  email: string,
): Promise<void> {
  await deps.table.delete(buildCounterKey('email', email, deps.clock.now()));
}

function computeWindowEnd(now: number): number {
  return (Math.floor(now / SIGN_IN_WINDOW_MS) + 1) * SIGN_IN_WINDOW_MS;
}

function buildCounterKey(subject: LimitSubject, value: string, now: number) {
  return KEY.signInCounter(subject, hashSha256(value), computeWindowEnd(now));
}
