import { z } from 'zod';
import { type Role, roleSchema, type Session } from '../contract/access.ts';
import type { Key } from '../port/table.ts';
import type { AccessDeps } from './access-deps.ts';
import { lowerRole, type UserActor, unauthorized } from './actor.ts';
import { newSecret, sha256 } from './secret.ts';
import { openSession } from './session.ts';
import { findUser, normalEmail } from './user.ts';

// Secrets that are good once and for a short while: the code of a sign-in link, the ticket of a WebSocket. Whoever deletes
// the row has used it up; nobody else can.

export const SIGN_IN_CODE_MS = 10 * 60_000;
export const SOCKET_TICKET_MS = 60_000;

type Kind = 'code' | 'ticket';
type Store = Pick<AccessDeps, 'table' | 'clock'>;
type Issued = { readonly secret: string; readonly expiresAt: number };

const onceItemSchema = z.object({ email: z.string(), role: roleSchema, validUntil: z.number() });
type Holder = { readonly email: string; readonly role: Role };

/** For a link that signs an existing user in; times in epoch milliseconds. */
export async function issueSignInCode(
  deps: Store & Pick<AccessDeps, 'randomBytes'>,
  email: string,
): Promise<{ readonly code: string; readonly expiresAt: number }> {
  const holder: Holder = { email: normalEmail(email), role: 'admin' };
  const { secret, expiresAt } = await issue(deps, 'code', holder, SIGN_IN_CODE_MS);
  return { code: secret, expiresAt };
}

export async function exchangeSignInCode(deps: AccessDeps, code: string): Promise<Session> {
  const holder = await redeem(deps, 'code', code);
  if (holder === undefined)
    throw unauthorized('this sign-in code was used before or is over; ask for a new link');
  return openSession(deps, holder);
}

export async function issueSocketTicket(
  deps: Store & Pick<AccessDeps, 'randomBytes'>,
  actor: UserActor,
): Promise<{ readonly ticket: string; readonly expiresAt: number }> {
  const { secret, expiresAt } = await issue(deps, 'ticket', actor, SOCKET_TICKET_MS);
  return { ticket: secret, expiresAt };
}

/** Undefined: unknown, used before, over, or its holder is no user any more. */
export async function redeemSocketTicket(
  deps: Store,
  ticket: string,
): Promise<UserActor | undefined> {
  const holder = await redeem(deps, 'ticket', ticket);
  return holder && { kind: 'user', ...holder, via: 'session' };
}

async function issue(
  deps: Store & Pick<AccessDeps, 'randomBytes'>,
  kind: Kind,
  holder: Holder,
  lifeMs: number,
): Promise<Issued> {
  const secret = newSecret(deps.randomBytes);
  const validUntil = deps.clock.now() + lifeMs;
  const { email, role } = holder;
  const item = { email, role, validUntil, expiresAt: Math.ceil(validUntil / 1_000) };
  await deps.table.put({ ...onceKey(kind, secret), ...item }, [{ attribute: 'pk', is: 'absent' }]);
  return { secret, expiresAt: validUntil };
}

async function redeem(deps: Store, kind: Kind, secret: string): Promise<Holder | undefined> {
  const key = onceKey(kind, secret);
  const found = await deps.table.get(key);
  if (found === undefined) return undefined;
  const mine = await deps.table.delete(key, [{ attribute: 'pk', is: 'present' }]);
  const item = onceItemSchema.parse(found);
  if (!mine || item.validUntil <= deps.clock.now()) return undefined;
  const user = await findUser(deps, item.email);
  return user && { email: user.email, role: lowerRole(item.role, user.role) };
}

function onceKey(kind: Kind, secret: string): Key {
  return { pk: `access#${kind}#${sha256(secret)}`, sk: kind };
}
