import { AppError } from '../base/app-error.ts';
import { ITEM_IS_ABSENT } from '../port/table.ts';
import { KEY } from '../topology/table-keys.ts';
import type { AccessDeps } from './access-deps.ts';
import { hashSha256 } from './secret.ts';

// Guessing passwords: so many tries per e-mail and per source address in a window. A try is counted before the password
// is looked at, so that tries at the same time cannot slip through together.

export const LOGIN_WINDOW_MS = 15 * 60_000;
const MAX_LOGINS = { email: 10, address: 50 } as const;

type LimitSubject = keyof typeof MAX_LOGINS;

/** Throws `too_many_logins` with `until` in its details, in epoch milliseconds. */
export async function countLogin(
  deps: Pick<AccessDeps, 'table' | 'clock'>,
  by: LimitSubject,
  value: string,
): Promise<void> {
  const now = deps.clock.now();
  const until = computeWindowEnd(now);
  const key = buildCounterKey(by, value, now);
  const first = { ...key, tries: 1, expiresAt: Math.ceil(until / 1_000) };
  if (await deps.table.put(first, ITEM_IS_ABSENT)) return;
  const below = { attribute: 'tries', below: MAX_LOGINS[by] };
  if ((await deps.table.update(key, { add: { tries: 1 } }, [below])) !== undefined) return;
  throw new AppError(
    'limited',
    'too_many_logins',
    'too many tries to sign in; wait and try again',
    {
      details: { until },
    },
  );
}

/** After the right password: what was mistyped before is forgotten. */
export async function forgetLogins(
  deps: Pick<AccessDeps, 'table' | 'clock'>,
  email: string,
): Promise<void> {
  await deps.table.delete(buildCounterKey('email', email, deps.clock.now()));
}

function computeWindowEnd(now: number): number {
  return (Math.floor(now / LOGIN_WINDOW_MS) + 1) * LOGIN_WINDOW_MS;
}

function buildCounterKey(by: LimitSubject, value: string, now: number) {
  return KEY.loginCounter(by, hashSha256(value), computeWindowEnd(now));
}
