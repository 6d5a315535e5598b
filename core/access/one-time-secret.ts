import { z } from 'zod';
import type { Role, Session } from '../contract/access.ts';
import { roleSchema } from '../contract/access.ts';
import { ITEM_IS_ABSENT, ITEM_IS_PRESENT } from '../port/table.ts';
import { KEY } from '../topology/table-keys.ts';
import type { AccessDeps } from './access-deps.ts';
import type { UserActor } from './actor.ts';
import { createUnauthorizedError, selectLowerRole } from './actor.ts';
import { buildItemExpiry } from './item-expiry.ts';
import { createSecret, hashSha256 } from './secret.ts';
import { openSession } from './session.ts';
import { findUser, normaliseEmail } from './user.ts';

// Short-lived secrets that work once: the code of a sign-in link and the ticket of a WebSocket. Deleting the item redeems the
// secret, and the conditional delete lets only one caller succeed.

export const SIGN_IN_CODE_LIFETIME_MS = 10 * 60_000;
export const SOCKET_TICKET_LIFETIME_MS = 60_000;

type SecretKind = 'code' | 'ticket';
type SecretStore = Pick<AccessDeps, 'table' | 'clock'>;
type IssuedSecret = { readonly secret: string; readonly expiresAt: number };

const secretItemSchema = z.object({ email: z.string(), role: roleSchema, validUntil: z.number() });
/** User of a secret; the secret grants the lower of `maxRole` and the user's role at the time of redemption. */
type SecretGrant = { readonly email: string; readonly maxRole: Role };

/** Issues the code of a link that signs in an existing user; `expiresAt` in epoch milliseconds. */
export async function issueSignInCode(
  deps: SecretStore & Pick<AccessDeps, 'randomBytes'>,
  email: string,
): Promise<{ readonly code: string; readonly expiresAt: number }> {
  // The highest role as the maximum: a session from the code has the user's own role.
  const grant: SecretGrant = { email: normaliseEmail(email), maxRole: 'admin' };
  const { secret, expiresAt } = await issueSecret(deps, 'code', grant, SIGN_IN_CODE_LIFETIME_MS);
  return { code: secret, expiresAt };
}

/** Opens a session for a sign-in code; throws AppError `unauthorized` for a used, expired or unknown code. */
export async function exchangeSignInCode(deps: AccessDeps, code: string): Promise<Session> {
  const holder = await redeemSecret(deps, 'code', code);
  if (holder === undefined)
    throw createUnauthorizedError(
      'this sign-in code was used before or has expired; request a new sign-in link',
    );
  return openSession(deps, holder);
}

/** Issues a ticket that opens one WebSocket; `expiresAt` in epoch milliseconds. */
export async function issueSocketTicket(
  deps: SecretStore & Pick<AccessDeps, 'randomBytes'>,
  actor: UserActor,
): Promise<{ readonly ticket: string; readonly expiresAt: number }> {
  const grant: SecretGrant = { email: actor.email, maxRole: actor.role };
  const { secret, expiresAt } = await issueSecret(deps, 'ticket', grant, SOCKET_TICKET_LIFETIME_MS);
  return { ticket: secret, expiresAt };
}

/** Returns the holder of a ticket; undefined for a used, expired or unknown ticket, or if the user was removed. */
export async function redeemSocketTicket(
  deps: SecretStore,
  ticket: string,
): Promise<UserActor | undefined> {
  const holder = await redeemSecret(deps, 'ticket', ticket);
  return holder && { kind: 'user', ...holder, via: 'session' };
}

async function issueSecret(
  deps: SecretStore & Pick<AccessDeps, 'randomBytes'>,
  kind: SecretKind,
  grant: SecretGrant,
  lifetimeMs: number,
): Promise<IssuedSecret> {
  const secret = createSecret(deps.randomBytes);
  const validUntil = deps.clock.now() + lifetimeMs;
  const item = { email: grant.email, role: grant.maxRole, ...buildItemExpiry(validUntil) };
  await deps.table.put({ ...KEY.oneTimeSecret(kind, hashSha256(secret)), ...item }, ITEM_IS_ABSENT);
  return { secret, expiresAt: validUntil };
}

async function redeemSecret(
  deps: SecretStore,
  kind: SecretKind,
  secret: string,
): Promise<{ readonly email: string; readonly role: Role } | undefined> {
  const key = KEY.oneTimeSecret(kind, hashSha256(secret));
  const stored = await deps.table.get(key);
  if (stored === undefined) return undefined;
  const isRedeemed = await deps.table.delete(key, ITEM_IS_PRESENT);
  const item = secretItemSchema.parse(stored);
  if (!isRedeemed || item.validUntil <= deps.clock.now()) return undefined;
  const user = await findUser(deps, item.email);
  return user && { email: user.email, role: selectLowerRole(item.role, user.role) };
}
