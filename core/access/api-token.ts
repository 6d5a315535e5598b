import { z } from 'zod';
import { AppError } from '../base/app-error.ts';
import { listPages } from '../base/list-pages.ts';
import type { Role } from '../contract/access.ts';
import { roleSchema } from '../contract/access.ts';
import type { Item } from '../port/table.ts';
import { ITEM_IS_ABSENT } from '../port/table.ts';
import { API_TOKENS_PARTITION, KEY } from '../topology/table-keys.ts';
import type { AccessDeps } from './access-deps.ts';
import type { UserActor } from './actor.ts';
import { isRoleAtLeast, requireRole, selectLowerRole } from './actor.ts';
import { buildItemExpiry } from './item-expiry.ts';
import { createSecret, deriveId, hashSha256, ID_ALPHABET, isSameHash } from './secret.ts';
import type { User } from './user.ts';
import { findUser, listUsers } from './user.ts';

// API tokens for scripts. The id is derived from the secret, so that a single read finds the item. The table stores only a hash of
// the secret.

export const API_TOKEN_PREFIX = 'sgt_';
const DAY_MS = 24 * 3_600_000;

const tokenItemSchema = z.object({
  sk: z.string(),
  name: z.string(),
  role: roleSchema,
  hash: z.string(),
  createdBy: z.string(),
  /** Account of the creator; absent in items of an earlier version. */
  account: z.string().optional(),
  /** Token version of the creator. */
  version: z.number().default(0),
  createdAt: z.number(),
  validUntil: z.number(),
});
type TokenItem = z.infer<typeof tokenItemSchema>;

/** API token without its secret; times in epoch milliseconds. */
export type ApiToken = {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly createdBy: string;
};

/** Creates an API token with at most the role of its creator. Only this response contains the secret, as `token`. */
export async function createApiToken(
  deps: Pick<AccessDeps, 'table' | 'clock' | 'randomBytes'>,
  actor: UserActor,
  input: { readonly name: string; readonly role: Role; readonly days: number },
): Promise<ApiToken & { readonly token: string }> {
  requireRole(actor, input.role);
  const now = deps.clock.now();
  const token = API_TOKEN_PREFIX + createSecret(deps.randomBytes);
  const item = {
    ...KEY.apiToken(deriveTokenId(token)),
    name: input.name,
    role: input.role,
    hash: hashSha256(token),
    createdBy: actor.email,
    account: actor.account,
    version: actor.tokenVersion,
    createdAt: now,
    ...buildItemExpiry(now + input.days * DAY_MS),
  };
  await deps.table.put(item, ITEM_IS_ABSENT);
  return { ...toApiToken(parseTokenItem(item)), token };
}

/** Lists valid API tokens: all tokens for an admin, otherwise the tokens of the actor's own account. */
export async function listApiTokens(
  deps: Pick<AccessDeps, 'table' | 'clock'>,
  actor: UserActor,
): Promise<ApiToken[]> {
  const now = deps.clock.now();
  const users = new Map((await listUsers(deps)).map((user) => [user.email, user]));
  return (await listTokenItems(deps))
    .filter((item) => item.validUntil > now && isTokenOf(item, users.get(item.createdBy)))
    .filter((item) => canAccessToken(actor, users.get(item.createdBy)))
    .map(toApiToken);
}

/** Deletes an API token; throws AppError `token_not_found` if the token does not exist or the actor may not see the token. */
export async function revokeApiToken(
  deps: Pick<AccessDeps, 'table'>,
  actor: UserActor,
  id: string,
): Promise<void> {
  const stored = await deps.table.get(KEY.apiToken(id));
  const item = stored === undefined ? undefined : parseTokenItem(stored);
  const user = item === undefined ? undefined : await findUser(deps, item.createdBy);
  const isOwnToken = item !== undefined && user?.account === actor.account && isTokenOf(item, user);
  if (item === undefined || (!isOwnToken && !isRoleAtLeast(actor.role, 'admin')))
    throw new AppError(
      'notFound',
      'token_not_found',
      `you have no API token with the id ${id}; GET /v1/tokens lists your tokens`,
    );
  await deps.table.delete(KEY.apiToken(id));
}

/** Deletes all API tokens of an account. */
export async function deleteAccountTokens(
  deps: Pick<AccessDeps, 'table'>,
  account: string,
): Promise<void> {
  for (const item of await listTokenItems(deps))
    if (item.account === account) await deps.table.delete(KEY.apiToken(item.sk));
}

/**
 * Returns the creator of a valid API token, with the lower of the token's role and the creator's current role. Returns undefined
 * for an unknown or expired token, or if the creator's account was removed.
 */
export async function verifyApiToken(
  deps: Pick<AccessDeps, 'table' | 'clock'>,
  token: string,
): Promise<UserActor | undefined> {
  const stored = await deps.table.get(KEY.apiToken(deriveTokenId(token)));
  if (stored === undefined) return undefined;
  const item = parseTokenItem(stored);
  return isSameHash(hashSha256(token), item.hash) ? readTokenHolder(deps, item) : undefined;
}

/** Returns the creator of an API token by the token's id; undefined as for verifyApiToken. */
export async function findTokenHolder(
  deps: Pick<AccessDeps, 'table' | 'clock'>,
  id: string,
): Promise<UserActor | undefined> {
  const stored = await deps.table.get(KEY.apiToken(id));
  return stored === undefined ? undefined : readTokenHolder(deps, parseTokenItem(stored));
}

async function readTokenHolder(
  deps: Pick<AccessDeps, 'table' | 'clock'>,
  item: TokenItem,
): Promise<UserActor | undefined> {
  const user = await findUser(deps, item.createdBy);
  if (user === undefined || !isTokenOf(item, user) || item.validUntil <= deps.clock.now())
    return undefined;
  const { account, email, tokenVersion } = user;
  const role = selectLowerRole(item.role, user.role);
  return { kind: 'user', account, email, role, via: 'token', credential: item.sk, tokenVersion };
}

/**
 * Tells whether a token belongs to the account of `user` and is not ended. A token of an earlier version has no account: such a
 * token must be newer than the account.
 */
function isTokenOf(item: TokenItem, user: User | undefined): boolean {
  if (user === undefined || item.version !== user.tokenVersion) return false;
  if (item.account !== undefined) return item.account === user.account;
  return item.createdAt >= user.createdAt;
}

function canAccessToken(actor: UserActor, user: User | undefined): boolean {
  return user?.account === actor.account || isRoleAtLeast(actor.role, 'admin');
}

async function listTokenItems({ table }: Pick<AccessDeps, 'table'>): Promise<TokenItem[]> {
  const pages = listPages((after) => table.query(API_TOKENS_PARTITION, { after }));
  return Array.fromAsync(pages, parseTokenItem);
}

function deriveTokenId(token: string): string {
  return `k${deriveId(JSON.stringify(['token id', token]), ID_ALPHABET, 12)}`;
}

function parseTokenItem(item: Item): TokenItem {
  return tokenItemSchema.parse(item);
}

function toApiToken(item: TokenItem): ApiToken {
  const { sk, name, role, createdAt, validUntil, createdBy } = item;
  return { id: sk, name, role, createdAt, expiresAt: validUntil, createdBy };
}
