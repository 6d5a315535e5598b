import { z } from 'zod';
import { AppError } from '../base/app-error.ts';
import { listPages } from '../base/list-pages.ts';
import type { Role } from '../contract/access.ts';
import { roleSchema } from '../contract/access.ts';
import type { Item, Key } from '../port/table.ts';
import { ITEM_IS_ABSENT, ITEM_IS_PRESENT } from '../port/table.ts';
import { KEY, USERS_PARTITION } from '../topology/table-keys.ts';
import type { AccessDeps } from './access-deps.ts';
import type { UserActor } from './actor.ts';
import { createSecret } from './secret.ts';

const userItemSchema = z.object({
  sk: z.string(),
  role: roleSchema,
  hash: z.string(),
  createdAt: z.number(),
});

/** Stored user; `hash` is the password hash, `createdAt` in epoch milliseconds. */
export type User = {
  readonly email: string;
  readonly role: Role;
  readonly hash: string;
  readonly createdAt: number;
};

/** Normalises an e-mail address, so that different spellings identify the same user. */
export function normaliseEmail(email: string): string {
  return email.trim().toLowerCase();
}

export async function findUser(
  deps: Pick<AccessDeps, 'table'>,
  email: string,
): Promise<User | undefined> {
  const item = await deps.table.get(buildUserKey(email));
  return item === undefined ? undefined : toUser(item);
}

export async function listUsers(deps: Pick<AccessDeps, 'table'>): Promise<User[]> {
  const items = listPages((after) => deps.table.query(USERS_PARTITION, { after }));
  return Array.fromAsync(items, toUser);
}

/** Creates a user; throws AppError `user_exists` if the e-mail address is taken. */
export async function createUser(
  deps: Pick<AccessDeps, 'table' | 'clock' | 'passwords'>,
  input: { readonly email: string; readonly password: string; readonly role: Role },
): Promise<User> {
  const hash = await deps.passwords.hash(input.password);
  const key = buildUserKey(input.email);
  const item = { ...key, role: input.role, hash, createdAt: deps.clock.now() };
  if (await deps.table.put(item, ITEM_IS_ABSENT)) return toUser(item);
  throw new AppError(
    'conflict',
    'user_exists',
    `a user with the e-mail address ${key.sk} already exists`,
  );
}

/**
 * Removes a user. API tokens of the user stop working at once, sessions at their next refresh. An admin cannot remove their own
 * account, so that at least one admin remains.
 */
export async function removeUser(
  deps: Pick<AccessDeps, 'table'>,
  actor: UserActor,
  email: string,
): Promise<void> {
  const key = buildUserKey(email);
  if (key.sk === actor.email)
    throw new AppError(
      'conflict',
      'own_user',
      'you cannot remove your own account; ask another admin',
    );
  if (await deps.table.delete(key, ITEM_IS_PRESENT)) return;
  throw new AppError(
    'notFound',
    'user_not_found',
    `there is no user with the e-mail address ${key.sk}; GET /v1/users lists all users`,
  );
}

/** Result of ensureAdmin. */
export type EnsuredAdmin = {
  readonly email: string;
  readonly state: 'created' | 'updated' | 'unchanged';
  /** Present if the user was created with a generated password; show the password once. */
  readonly generatedPassword?: string;
};

/**
 * Creates or updates the first admin. A configured password replaces the stored password, so that an operator can regain access.
 */
export async function ensureAdmin(
  deps: Pick<AccessDeps, 'table' | 'clock' | 'passwords' | 'randomBytes'>,
  input: { readonly email: string; readonly password?: string },
): Promise<EnsuredAdmin> {
  const user = await findUser(deps, input.email);
  if (user !== undefined) return updateAdmin(deps, user, input.password);
  const email = normaliseEmail(input.email);
  const password = input.password ?? createSecret(deps.randomBytes);
  await createUser(deps, { email, password, role: 'admin' });
  if (input.password !== undefined) return { email, state: 'created' };
  return { email, state: 'created', generatedPassword: password };
}

async function updateAdmin(
  deps: Pick<AccessDeps, 'table' | 'passwords'>,
  user: User,
  password: string | undefined,
): Promise<EnsuredAdmin> {
  const passwordIsCurrent =
    password === undefined || (await deps.passwords.verify(password, user.hash));
  if (passwordIsCurrent && user.role === 'admin') return { email: user.email, state: 'unchanged' };
  const hash = passwordIsCurrent ? user.hash : await deps.passwords.hash(password);
  await deps.table.update(
    buildUserKey(user.email),
    { set: { role: 'admin', hash } },
    ITEM_IS_PRESENT,
  );
  return { email: user.email, state: 'updated' };
}

function buildUserKey(email: string): Key {
  return KEY.user(normaliseEmail(email));
}

function toUser(item: Item): User {
  const { sk, role, hash, createdAt } = userItemSchema.parse(item);
  return { email: sk, role, hash, createdAt };
}
