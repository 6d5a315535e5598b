import { z } from 'zod';
import type { Session } from '../contract/access.ts';
import { roleSchema } from '../contract/access.ts';
import type { Item } from '../port/table.ts';
import { ITEM_IS_ABSENT, ITEM_IS_PRESENT } from '../port/table.ts';
import { KEY } from '../topology/table-keys.ts';
import type { AccessDeps } from './access-deps.ts';
import type { UserActor } from './actor.ts';
import { createUnauthorizedError, selectLowerRole } from './actor.ts';
import { findCredentialHolder } from './authenticate-user.ts';
import { buildItemExpiry } from './item-expiry.ts';
import { createSecret, hashSha256 } from './secret.ts';
import { openSession } from './session.ts';
import { findUser, requireUser } from './user.ts';

// Short-lived secrets that work once: the code of a sign-in link and the ticket of a WebSocket. Deleting the item redeems the
// secret, and the conditional delete lets only one caller succeed.

export const SIGN_IN_CODE_LIFETIME_MS = 10 * 60_000;
export const SOCKET_TICKET_LIFETIME_MS = 60_000;

type SecretKind = 'code' | 'ticket';
type SecretStore = Pick<AccessDeps, 'table' | 'clock'>;
type IssuedSecret = { readonly secret: string; readonly expiresAt: number };

/** User who may sign in with a code; the code is invalid if the account or its session version has changed. */
const codeItemSchema = z.object({
  account: z.string(),
  email: z.string(),
  version: z.number(),
  validUntil: z.number(),
});

/** Credential with which the ticket was requested, and the role of that request. */
const ticketItemSchema = z.object({
  account: z.string(),
  email: z.string(),
  via: z.enum(['session', 'token']),
  credential: z.string(),
  role: roleSchema,
  validUntil: z.number(),
});

/** Issues the code of a link that signs in an existing user; `expiresAt` in epoch milliseconds. */
export async function issueSignInCode(
  deps: SecretStore & Pick<AccessDeps, 'randomBytes'>,
  email: string,
): Promise<{ readonly code: string; readonly expiresAt: number }> {
  const user = await requireUser(deps, email);
  const fields = { account: user.account, email: user.email, version: user.sessionVersion };
  const { secret, expiresAt } = await issueSecret(deps, 'code', fields, SIGN_IN_CODE_LIFETIME_MS);
  return { code: secret, expiresAt };
}

/** Opens a session for a sign-in code; throws AppError `unauthorized` for a used, expired or unknown code. */
export async function exchangeSignInCode(deps: AccessDeps, code: string): Promise<Session> {
  const stored = await redeemSecret(deps, 'code', code);
  const item = stored === undefined ? undefined : codeItemSchema.parse(stored);
  const user = item === undefined ? undefined : await findUser(deps, item.email);
  if (user === undefined || user.account !== item?.account || user.sessionVersion !== item.version)
    throw createUnauthorizedError(
      'this sign-in code was used before or is no longer valid; request a new sign-in link',
    );
  return openSession(deps, user);
}

/** Issues a ticket that opens one WebSocket; `expiresAt` in epoch milliseconds. */
export async function issueSocketTicket(
  deps: SecretStore & Pick<AccessDeps, 'randomBytes'>,
  { account, email, via, credential, role }: UserActor,
): Promise<{ readonly ticket: string; readonly expiresAt: number }> {
  const fields = { account, email, via, credential, role };
  const { secret, expiresAt } = await issueSecret(
    deps,
    'ticket',
    fields,
    SOCKET_TICKET_LIFETIME_MS,
  );
  return { ticket: secret, expiresAt };
}

/** Returns the holder of a ticket; undefined for a used, expired or unknown ticket, or if its credential or account has ended. */
export async function redeemSocketTicket(
  deps: SecretStore,
  ticket: string,
): Promise<UserActor | undefined> {
  const stored = await redeemSecret(deps, 'ticket', ticket);
  if (stored === undefined) return undefined;
  const item = ticketItemSchema.parse(stored);
  const holder = await findCredentialHolder(deps, item);
  return holder && { ...holder, role: selectLowerRole(item.role, holder.role) };
}

async function issueSecret(
  deps: SecretStore & Pick<AccessDeps, 'randomBytes'>,
  kind: SecretKind,
  fields: { readonly [name: string]: string | number },
  lifetimeMs: number,
): Promise<IssuedSecret> {
  const secret = createSecret(deps.randomBytes);
  const validUntil = deps.clock.now() + lifetimeMs;
  const item = { ...fields, ...buildItemExpiry(validUntil) };
  await deps.table.put({ ...KEY.oneTimeSecret(kind, hashSha256(secret)), ...item }, ITEM_IS_ABSENT);
  return { secret, expiresAt: validUntil };
}

/** Deletes and returns the item of a secret; undefined for a used, expired or unknown secret. */
async function redeemSecret(
  deps: SecretStore,
  kind: SecretKind,
  secret: string,
): Promise<Item | undefined> {
  const key = KEY.oneTimeSecret(kind, hashSha256(secret));
  const stored = await deps.table.get(key);
  if (stored === undefined) return undefined;
  const isRedeemed = await deps.table.delete(key, ITEM_IS_PRESENT);
  const validUntil = z.number().parse(stored.validUntil);
  return isRedeemed && validUntil > deps.clock.now() ? stored : undefined;
}
