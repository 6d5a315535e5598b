import { z } from 'zod';
import { type Role, roleSchema } from '../contract/access.ts';
import { AppError } from '../error.ts';
import type { Item, Key } from '../port/table.ts';
import type { AccessDeps } from './access-deps.ts';
import { lowerRole, requireRole, roleAtLeast, type UserActor } from './actor.ts';
import { queryAll } from './query-all.ts';
import { ID_ALPHABET, idFromHash, newSecret, sameHash, sha256 } from './secret.ts';
import { findUser } from './user.ts';

// Tokens for scripts. The id follows from the secret, so that one read finds the row; only a hash of the secret is kept.

export const API_TOKEN_PREFIX = 'sgt_';
const DAY_MS = 24 * 3_600_000;
const TOKENS = 'access#tokens';

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

export type ApiToken = {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly createdBy: string;
};

/** `token` is the secret, answered this once. */
export async function createApiToken(
  deps: Pick<AccessDeps, 'table' | 'clock' | 'randomBytes'>,
  actor: UserActor,
  input: { readonly name: string; readonly role: Role; readonly days: number },
): Promise<ApiToken & { readonly token: string }> {
  requireRole(actor, input.role);
  const now = deps.clock.now();
  const token = API_TOKEN_PREFIX + newSecret(deps.randomBytes);
  const validUntil = now + input.days * DAY_MS;
  const item = {
    ...tokenKey(tokenId(token)),
    name: input.name,
    role: input.role,
    hash: sha256(token),
    createdBy: actor.email,
    createdAt: now,
    validUntil,
    expiresAt: Math.ceil(validUntil / 1_000),
  };
  await deps.table.put(item, [{ attribute: 'pk', is: 'absent' }]);
  return { ...viewOf(parse(item)), token };
}

/** An admin sees everybody's, others their own. */
export async function listApiTokens(
  deps: Pick<AccessDeps, 'table' | 'clock'>,
  actor: UserActor,
): Promise<ApiToken[]> {
  const now = deps.clock.now();
  const items = (await queryAll(deps.table, TOKENS)).map(parse);
  return items.filter((item) => item.validUntil > now && maySee(actor, item)).map(viewOf);
}

export async function revokeApiToken(
  deps: Pick<AccessDeps, 'table'>,
  actor: UserActor,
  id: string,
): Promise<void> {
  const found = await deps.table.get(tokenKey(id));
  if (found === undefined || !maySee(actor, parse(found)))
    throw new AppError('notFound', 'token_not_found', 'you have no token of that id');
  await deps.table.delete(tokenKey(id));
}

/** Its holder, with the token's role or the creator's present one, whichever is lower. */
export async function verifyApiToken(
  deps: Pick<AccessDeps, 'table' | 'clock'>,
  token: string,
): Promise<UserActor | undefined> {
  const found = await deps.table.get(tokenKey(tokenId(token)));
  if (found === undefined) return undefined;
  const item = parse(found);
  if (!sameHash(sha256(token), item.hash) || item.validUntil <= deps.clock.now()) return undefined;
  const user = await findUser(deps, item.createdBy);
  if (user === undefined) return undefined;
  return { kind: 'user', email: user.email, role: lowerRole(item.role, user.role), via: 'token' };
}

function maySee(actor: UserActor, item: TokenItem): boolean {
  return item.createdBy === actor.email || roleAtLeast(actor.role, 'admin');
}

function tokenId(token: string): string {
  return `k${idFromHash(JSON.stringify(['token id', token]), ID_ALPHABET, 12)}`;
}

function tokenKey(id: string): Key {
  return { pk: TOKENS, sk: id };
}

function parse(item: Item): TokenItem {
  return tokenItemSchema.parse(item);
}

function viewOf(item: TokenItem): ApiToken {
  const { sk, name, role, createdAt, validUntil, createdBy } = item;
  return { id: sk, name, role, createdAt, expiresAt: validUntil, createdBy };
}
