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
import { findUser } from './user.ts';

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
    createdAt: now,
    ...buildItemExpiry(now + input.days * DAY_MS),
  };
  await deps.table.put(item, ITEM_IS_ABSENT);
  return { ...toApiToken(parseTokenItem(item)), token };
}

/** Lists valid API tokens: all tokens for an admin, otherwise the actor's own tokens. */
export async function listApiTokens(
  deps: Pick<AccessDeps, 'table' | 'clock'>,
  actor: UserActor,
): Promise<ApiToken[]> {
  const now = deps.clock.now();
  const tokenItems = listPages((after) => deps.table.query(API_TOKENS_PARTITION, { after }));
  const items = await Array.fromAsync(tokenItems, parseTokenItem);
  return items
    .filter((item) => item.validUntil > now && canAccessToken(actor, item))
    .map(toApiToken);
}

/** Deletes an API token; throws AppError `token_not_found` if the token does not exist or the actor may not see the token. */
export async function revokeApiToken(
  deps: Pick<AccessDeps, 'table'>,
  actor: UserActor,
  id: string,
): Promise<void> {
  const stored = await deps.table.get(KEY.apiToken(id));
  if (stored === undefined || !canAccessToken(actor, parseTokenItem(stored)))
    throw new AppError(
      'notFound',
      'token_not_found',
      `you have no API token with the id ${id}; GET /v1/tokens lists your tokens`,
    );
  await deps.table.delete(KEY.apiToken(id));
}

/**
 * Returns the creator of a valid API token, with the lower of the token's role and the creator's current role. Returns undefined
 * for an unknown or expired token, or if the creator was removed.
 */
export async function verifyApiToken(
  deps: Pick<AccessDeps, 'table' | 'clock'>,
  token: string,
): Promise<UserActor | undefined> {
  const stored = await deps.table.get(KEY.apiToken(deriveTokenId(token)));
  if (stored === undefined) return undefined;
  const item = parseTokenItem(stored);
  if (!isSameHash(hashSha256(token), item.hash) || item.validUntil <= deps.clock.now())
    return undefined;
  const user = await findUser(deps, item.createdBy);
  if (user === undefined) return undefined;
  return {
    kind: 'user',
    email: user.email,
    role: selectLowerRole(item.role, user.role),
    via: 'token',
  };
}

function canAccessToken(actor: UserActor, item: TokenItem): boolean {
  return item.createdBy === actor.email || isRoleAtLeast(actor.role, 'admin');
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
