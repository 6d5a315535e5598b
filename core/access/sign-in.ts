import type { Session } from '../contract/access.ts';
import type { AccessDeps } from './access-deps.ts';
import { createUnauthorizedError } from './actor.ts';
import {
  countSignInAttempt,
  formatPair,
  reduceSourceAddress,
  resetSignInAttempts,
} from './login-limit.ts';
import { openSession } from './session.ts';
import { findUser, normaliseEmail } from './user.ts';

/**
 * Signs in with a password. An unknown user and a wrong password give the same response after the same time, so that a caller
 * cannot find out which e-mail addresses exist.
 *
 * @throws AppError `unauthorized` or `too_many_logins`
 */
export async function signIn(
  deps: AccessDeps,
  input: { readonly email: string; readonly password: string; readonly sourceAddress: string },
): Promise<Session> {
  const email = normaliseEmail(input.email);
  const address = reduceSourceAddress(input.sourceAddress);
  const pair = formatPair(email, address ?? 'loopback');
  if (address !== undefined) await countSignInAttempt(deps, 'address', address);
  await countSignInAttempt(deps, 'pair', pair);
  const user = await findUser(deps, email);
  const passwordMatches = await deps.passwords.verify(input.password, user?.hash);
  if (user === undefined || !passwordMatches)
    throw createUnauthorizedError('e-mail or password is wrong');
  await resetSignInAttempts(deps, 'pair', pair);
  return openSession(deps, user);
}
