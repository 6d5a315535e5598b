import { z } from 'zod';
import { AppError } from '../base/app-error.ts';
import type { Role, Session } from '../contract/access.ts';
import { roleSchema } from '../contract/access.ts';
import { ITEM_IS_ABSENT } from '../port/table.ts';
import { KEY } from '../topology/table-keys.ts';
import type { AccessDeps } from './access-deps.ts';
import type { UserActor } from './actor.ts';
import { createUnauthorizedError } from './actor.ts';
import { buildItemExpiry } from './item-expiry.ts';
import { createSecret, deriveId, hashSha256, ID_ALPHABET, isSameHash } from './secret.ts';
import { findUser } from './user.ts';

// A session consists of an access token, which handlers verify without reading the table, and a refresh token, which changes
// with every use. A second use of a replaced refresh token indicates theft, and ends the session.

export const ACCESS_TOKEN_LIFETIME_MS = 15 * 60_000;
export const SESSION_LIFETIME_MS = 30 * 24 * 3_600_000;
/**
 * Time after a refresh in which the replaced token does not count as stolen: a client may refresh twice at once, or lose a
 * response.
 */
const REFRESH_RACE_WINDOW_MS = 30_000;

const sessionItemSchema = z.object({
  email: z.string(),
  hash: z.string(),
  previousHash: z.string().optional(),
  rotatedAt: z.number(),
  validUntil: z.number(),
});
type SessionItem = z.infer<typeof sessionItemSchema>;

type SessionHolder = { readonly email: string; readonly role: Role };

/** Opens a session for a user whose credentials were checked. */
export async function openSession(deps: AccessDeps, user: SessionHolder): Promise<Session> {
  const now = deps.clock.now();
  const id = deriveId(createSecret(deps.randomBytes), ID_ALPHABET, 26);
  const secret = createSecret(deps.randomBytes);
  const item = {
    email: user.email,
    hash: hashSha256(secret),
    rotatedAt: now,
    ...buildItemExpiry(now + SESSION_LIFETIME_MS),
  };
  await deps.table.put({ ...KEY.session(id), ...item }, ITEM_IS_ABSENT);
  return signSession(deps, user, `${id}.${secret}`);
}

/**
 * Exchanges a refresh token for a new session. Reads the user, so that a removed user loses the session and a changed role takes
 * effect.
 *
 * @throws AppError `unauthorized` for an invalid token; `refresh_raced` if another request refreshed the session moments ago
 */
export async function refreshSession(deps: AccessDeps, refreshToken: string): Promise<Session> {
  const [id = '', secret = ''] = refreshToken.split('.');
  const item = await readSession(deps, id);
  const user = item === undefined ? undefined : await findUser(deps, item.email);
  if (item === undefined || user === undefined) throw createInvalidTokenError();
  await requireCurrentSecret(deps, id, item, hashSha256(secret));
  const nextSecret = await rotateRefreshSecret(deps, id, item);
  return signSession(deps, user, `${id}.${nextSecret}`);
}

/** Returns the holder of an access token; undefined for any other or expired token. */
export async function verifyAccessToken(
  deps: Pick<AccessDeps, 'jwt' | 'clock'>,
  token: string,
): Promise<UserActor | undefined> {
  const claims = await deps.jwt.verify(token, 'session', deps.clock.now());
  const role = roleSchema.safeParse(claims?.extra?.role);
  if (claims === undefined || !role.success) return undefined;
  return { kind: 'user', email: claims.subject, role: role.data, via: 'session' };
}

async function readSession(deps: AccessDeps, id: string): Promise<SessionItem | undefined> {
  const stored = await deps.table.get(KEY.session(id));
  if (stored === undefined) return undefined;
  const item = sessionItemSchema.parse(stored);
  return item.validUntil > deps.clock.now() ? item : undefined;
}

/** Throws if the secret is not current; also ends the session, unless the secret was replaced only moments ago. */
async function requireCurrentSecret(
  deps: AccessDeps,
  id: string,
  item: SessionItem,
  hash: string,
): Promise<void> {
  if (isSameHash(hash, item.hash)) return;
  const wasJustReplaced =
    item.previousHash !== undefined &&
    isSameHash(hash, item.previousHash) &&
    deps.clock.now() - item.rotatedAt < REFRESH_RACE_WINDOW_MS;
  if (wasJustReplaced) throw createRefreshRaceError();
  await deps.table.delete(KEY.session(id));
  throw createInvalidTokenError();
}

async function rotateRefreshSecret(
  deps: AccessDeps,
  id: string,
  item: SessionItem,
): Promise<string> {
  const now = deps.clock.now();
  const secret = createSecret(deps.randomBytes);
  const set = {
    hash: hashSha256(secret),
    previousHash: item.hash,
    rotatedAt: now,
    ...buildItemExpiry(now + SESSION_LIFETIME_MS),
  };
  const written = await deps.table.update(KEY.session(id), { set }, [
    { attribute: 'hash', equals: item.hash },
  ]);
  if (written === undefined) throw createRefreshRaceError();
  return secret;
}

async function signSession(
  deps: AccessDeps,
  user: SessionHolder,
  refreshToken: string,
): Promise<Session> {
  const now = deps.clock.now();
  const expiresAt = now + ACCESS_TOKEN_LIFETIME_MS;
  const accessToken = await deps.jwt.sign(
    { subject: user.email, audience: 'session', expiresAt, extra: { role: user.role } },
    now,
  );
  return { accessToken, expiresAt, refreshToken, user: { email: user.email, role: user.role } };
}

function createInvalidTokenError(): AppError {
  return createUnauthorizedError('this refresh token is invalid or no longer valid; sign in again');
}

function createRefreshRaceError(): AppError {
  return new AppError(
    'conflict',
    'refresh_raced',
    'another request used this refresh token a moment ago; use the refresh token of its response',
  );
}
