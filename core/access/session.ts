import { z } from 'zod';
import { AppError } from '../base/app-error.ts';
import type { Role, Session } from '../contract/access.ts';
import { roleSchema } from '../contract/access.ts';
import { ITEM_IS_ABSENT } from '../port/table.ts';
import { KEY } from '../topology/table-keys.ts';
import type { AccessDeps } from './access-deps.ts';
import type { UserActor } from './actor.ts';
import { createUnauthorizedError } from './actor.ts';
import { createSecret, deriveId, hashSha256, ID_ALPHABET, isSameHash } from './secret.ts';
import { findUser } from './user.ts';

// A session is an access token of 15 minutes, believed without a read, and a refresh token that changes with every use.
// A refresh token that comes back after it was replaced is in two hands: the session ends.

export const ACCESS_TOKEN_LIFETIME_MS = 15 * 60_000;
export const SESSION_LIFETIME_MS = 30 * 24 * 3_600_000;
/** Two refreshes of one client at once, or an answer that got lost, are no theft. */
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

export async function openSession(deps: AccessDeps, user: SessionHolder): Promise<Session> {
  const now = deps.clock.now();
  const id = deriveId(createSecret(deps.randomBytes), ID_ALPHABET, 26);
  const secret = createSecret(deps.randomBytes);
  const item = {
    email: user.email,
    hash: hashSha256(secret),
    rotatedAt: now,
    ...computeLifetime(now),
  };
  await deps.table.put({ ...KEY.session(id), ...item }, ITEM_IS_ABSENT);
  return signSession(deps, user, `${id}.${secret}`);
}

/** The user's row is read: who was deleted loses the session, who was demoted the role. */
export async function refreshSession(deps: AccessDeps, refreshToken: string): Promise<Session> {
  const [id = '', secret = ''] = refreshToken.split('.');
  const item = await readSession(deps, id);
  const user = item === undefined ? undefined : await findUser(deps, item.email);
  if (item === undefined || user === undefined) throw createRefusedTokenError();
  await requireCurrent(deps, id, item, hashSha256(secret));
  const next = await rotateRefreshSecret(deps, id, item);
  return signSession(deps, user, `${id}.${next}`);
}

/** The holder of an access token; undefined when it is not one, or over. */
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
  const found = await deps.table.get(KEY.session(id));
  if (found === undefined) return undefined;
  const item = sessionItemSchema.parse(found);
  return item.validUntil > deps.clock.now() ? item : undefined;
}

async function requireCurrent(
  deps: AccessDeps,
  id: string,
  item: SessionItem,
  hash: string,
): Promise<void> {
  if (isSameHash(hash, item.hash)) return;
  const justReplaced =
    item.previousHash !== undefined &&
    isSameHash(hash, item.previousHash) &&
    deps.clock.now() - item.rotatedAt < REFRESH_RACE_WINDOW_MS;
  if (justReplaced) throw createRefreshRaceError();
  await deps.table.delete(KEY.session(id));
  throw createRefusedTokenError();
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
    ...computeLifetime(now),
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

function computeLifetime(now: number) {
  const validUntil = now + SESSION_LIFETIME_MS;
  return { validUntil, expiresAt: Math.ceil(validUntil / 1_000) };
}

function createRefusedTokenError(): AppError {
  return createUnauthorizedError('this refresh token is not or no longer valid; sign in again');
}

function createRefreshRaceError(): AppError {
  return new AppError(
    'conflict',
    'refresh_raced',
    'this refresh token was used a moment ago; use the one that came with that answer',
  );
}
