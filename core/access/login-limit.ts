import { AppError } from '../base/app-error.ts';
import { ITEM_IS_ABSENT } from '../port/table.ts';
import { KEY } from '../topology/table-keys.ts';
import type { AccessDeps } from './access-deps.ts';
import { hashSha256 } from './secret.ts';

// Limits guesses of passwords: each pair of e-mail address and source address, each source address, and each account that changes
// its own password has a maximum number of attempts in a time window. Wrong passwords from one source address therefore never keep
// a user at another source address from signing in. An attempt is counted before its password is checked, so that concurrent
// attempts cannot exceed the limit.

export const SIGN_IN_WINDOW_MS = 15 * 60_000;
/** Maximum number of attempts in one time window. */
const MAX_ATTEMPTS = { pair: 10, address: 100, account: 10 } as const;

export type LimitSubject = keyof typeof MAX_ATTEMPTS;

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
    'too many attempts with a password; wait up to 15 minutes and try again',
    {
      details: { until },
    },
  );
}

/** Clears a counter after a correct password. */
export async function resetSignInAttempts(
  deps: Pick<AccessDeps, 'table' | 'clock'>,
  subject: LimitSubject,
  value: string,
): Promise<void> {
  await deps.table.delete(buildCounterKey(subject, value, deps.clock.now()));
}

/** Formats the value of the subject `pair`. */
export function formatPair(email: string, sourceAddress: string): string {
  return JSON.stringify([email, sourceAddress]);
}

/**
 * Reduces a source address to the part that one network assigns: an IPv6 address to its first 64 bits, because a single host usually
 * has 2^64 addresses. Returns undefined for a loopback address, because all programs of a machine share it.
 */
export function reduceSourceAddress(address: string): string | undefined {
  const plain = address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '');
  if (plain === '::1' || plain.startsWith('127.')) return undefined;
  if (!plain.includes(':')) return plain;
  const [head = '', tail] = plain.split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - first.length - last.length) }, () => '0');
  const groups = tail === undefined ? first : [...first, ...zeros, ...last];
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}

function computeWindowEnd(now: number): number {
  return (Math.floor(now / SIGN_IN_WINDOW_MS) + 1) * SIGN_IN_WINDOW_MS;
}

function buildCounterKey(subject: LimitSubject, value: string, now: number) {
  return KEY.signInCounter(subject, hashSha256(value), computeWindowEnd(now));
}
