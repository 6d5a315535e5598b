import { z } from 'zod';
import { AppError } from '../base/app-error.ts';
import { listPages } from '../base/list-pages.ts';
import type { Session } from '../contract/access.ts';
import type { Item } from '../port/table.ts';
import { ITEM_IS_ABSENT, ITEM_IS_PRESENT } from '../port/table.ts';
import { formatAccountPartition, KEY, SORT_PREFIX } from '../topology/table-keys.ts';
import type { AccessDeps } from './access-deps.ts';
import type { UserActor } from './actor.ts';
import { createUnauthorizedError } from './actor.ts';
import { buildItemExpiry } from './item-expiry.ts';
import { createSecret, deriveId, hashSha256, ID_ALPHABET, isSameHash } from './secret.ts';
import type { User } from './user.ts';
import { findUser } from './user.ts';

// A session consists of an access token and a refresh token, which changes with every use. A second use of a replaced refresh token
// indicates theft, and ends the session. Every request reads the session and its user, so that an ended session, a removed account
// and a changed role take effect at once. The partition of the account contains its sessions.

export const ACCESS_TOKEN_LIFETIME_MS = 15 * 60_000;
export const SESSION_LIFETIME_MS = 30 * 24 * 3_600_000;
/**
 * Time after a refresh in which the replaced token does not count as stolen: a client may refresh twice at once, or lose a
 * response.
 */
const REFRESH_RACE_WINDOW_MS = 30_000;

const SESSION_ID_LENGTH = 26;
const REFRESH_TOKEN = /^(a[0-9a-z]{16})\.([0-9a-z]{26})\.([\w-]{43})$/;

const sessionItemSchema = z.object({
  sk: z.string(),
  email: z.string(),
  hash: z.string(),
  previousHash: z.string().optional(),
  openedAt: z.number(),
  rotatedAt: z.number(),
  /** Session version of the user when the credentials were checked. */
  version: z.number(),
  validUntil: z.number(),
});
type SessionItem = z.infer<typeof sessionItemSchema>;

/** Session without its secrets; times in epoch milliseconds. */
export type SessionInfo = {
  readonly id: string;
  readonly email: string;
  readonly openedAt: number;
  /** Last sign-in or refresh. */
  readonly usedAt: number;
  readonly expiresAt: number;
};

/** Opens a session for a user whose credentials were checked. The session is invalid if the user has changed since `user` was read. */
export async function openSession(deps: AccessDeps, user: User): Promise<Session> {
  const now = deps.clock.now();
  const id = deriveId(createSecret(deps.randomBytes), ID_ALPHABET, SESSION_ID_LENGTH);
  const secret = createSecret(deps.randomBytes);
  const item = {
    email: user.email,
    hash: hashSha256(secret),
    openedAt: now,
    rotatedAt: now,
    version: user.sessionVersion,
    ...buildItemExpiry(now + SESSION_LIFETIME_MS),
  };
  await deps.table.put({ ...KEY.session(user.account, id), ...item }, ITEM_IS_ABSENT);
  return signSession(deps, user, id, secret);
}

/**
 * Exchanges a refresh token for a new session.
 *
 * @throws AppError `unauthorized` for an invalid token or an ended session; `refresh_raced` if another request refreshed the
 * session moments ago
 */
export async function refreshSession(deps: AccessDeps, refreshToken: string): Promise<Session> {
  const [, account = '', id = '', secret = ''] = REFRESH_TOKEN.exec(refreshToken) ?? [];
  if (account === '') throw createInvalidTokenError();
  const item = await readSession(deps, account, id);
  const user = item === undefined ? undefined : await findUser(deps, item.email);
  if (item === undefined || user === undefined || !isSessionOf(item, user, account))
    throw createInvalidTokenError();
  await requireCurrentSecret(deps, account, item, hashSha256(secret));
  const nextSecret = await rotateRefreshSecret(deps, account, item);
  return signSession(deps, user, id, nextSecret);
}

/** Returns the holder of an access token; undefined for any other or expired token, or if the session or the account has ended. */
export async function verifyAccessToken(
  deps: Pick<AccessDeps, 'table' | 'jwt' | 'clock'>,
  token: string,
): Promise<UserActor | undefined> {
  const claims = await deps.jwt.verify(token, 'session', deps.clock.now());
  const { account, session } = claims?.extra ?? {};
  if (claims === undefined || account === undefined || session === undefined) return undefined;
  return findSessionHolder(deps, { account, email: claims.subject, id: session });
}

/** Returns the user of a session; undefined if the session or the account has ended. */
export async function findSessionHolder(
  deps: Pick<AccessDeps, 'table' | 'clock'>,
  { account, email, id }: { readonly account: string; readonly email: string; readonly id: string },
): Promise<UserActor | undefined> {
  const [user, item] = await Promise.all([findUser(deps, email), readSession(deps, account, id)]);
  if (user === undefined || item === undefined || !isSessionOf(item, user, account))
    return undefined;
  const { role, tokenVersion } = user;
  return {
    kind: 'user',
    account,
    email: user.email,
    role,
    via: 'session',
    credential: id,
    tokenVersion,
  };
}

/** Lists the valid sessions of a user. */
export async function listAccountSessions(
  deps: Pick<AccessDeps, 'table' | 'clock'>,
  user: User,
): Promise<SessionInfo[]> {
  const now = deps.clock.now();
  const items = (await listSessionItems(deps, user.account)).map((item) =>
    sessionItemSchema.parse(item),
  );
  return items
    .filter((item) => item.validUntil > now && isSessionOf(item, user, user.account))
    .map((item) => ({
      id: parseSessionId(item),
      email: item.email,
      openedAt: item.openedAt,
      usedAt: item.rotatedAt,
      expiresAt: item.validUntil,
    }));
}

/** Lists the ids of all stored sessions of an account. */
export async function listSessionIds(
  deps: Pick<AccessDeps, 'table'>,
  account: string,
): Promise<string[]> {
  return (await listSessionItems(deps, account)).map(parseSessionId);
}

/** Deletes a session. Returns false if the account has no session with this id. */
export function deleteSession(
  deps: Pick<AccessDeps, 'table'>,
  account: string,
  id: string,
): Promise<boolean> {
  return deps.table.delete(KEY.session(account, id), ITEM_IS_PRESENT);
}

async function listSessionItems(
  { table }: Pick<AccessDeps, 'table'>,
  account: string,
): Promise<Item[]> {
  const options = { prefix: SORT_PREFIX.session };
  const pk = formatAccountPartition(account);
  return Array.fromAsync(listPages((after) => table.query(pk, { ...options, after })));
}

function parseSessionId({ sk }: { readonly sk: string }): string {
  return sk.slice(SORT_PREFIX.session.length);
}

function isSessionOf(item: SessionItem, user: User, account: string): boolean {
  return user.account === account && item.version === user.sessionVersion;
}

async function readSession(
  deps: Pick<AccessDeps, 'table' | 'clock'>,
  account: string,
  id: string,
): Promise<SessionItem | undefined> {
  const stored = await deps.table.get(KEY.session(account, id));
  if (stored === undefined) return undefined;
  const item = sessionItemSchema.parse(stored);
  return item.validUntil > deps.clock.now() ? item : undefined;
}

/** Throws if the secret is not current; also ends the session, unless the secret was replaced only moments ago. */
async function requireCurrentSecret(
  deps: AccessDeps,
  account: string,
  item: SessionItem,
  hash: string,
): Promise<void> {
  if (isSameHash(hash, item.hash)) return;
  const wasJustReplaced =
    item.previousHash !== undefined &&
    isSameHash(hash, item.previousHash) &&
    deps.clock.now() - item.rotatedAt < REFRESH_RACE_WINDOW_MS;
  if (wasJustReplaced) throw createRefreshRaceError();
  await deleteSession(deps, account, parseSessionId(item));
  throw createInvalidTokenError();
}

async function rotateRefreshSecret(
  deps: AccessDeps,
  account: string,
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
  const key = KEY.session(account, parseSessionId(item));
  const written = await deps.table.update(key, { set }, [{ attribute: 'hash', equals: item.hash }]);
  if (written === undefined) throw createRefreshRaceError();
  return secret;
}

async function signSession(
  deps: AccessDeps,
  user: User,
  id: string,
  secret: string,
): Promise<Session> {
  const now = deps.clock.now();
  const expiresAt = now + ACCESS_TOKEN_LIFETIME_MS;
  const extra = { account: user.account, session: id };
  const accessToken = await deps.jwt.sign(
    { subject: user.email, audience: 'session', expiresAt, extra },
    now,
  );
  const refreshToken = `${user.account}.${id}.${secret}`;
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
