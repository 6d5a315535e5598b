import { z } from 'zod';
import { AppError } from '../base/app-error.ts';
import type { Role } from '../contract/access.ts';
import { roleSchema } from '../contract/access.ts';
import type { Item, Key } from '../port/table.ts';
import { ITEM_IS_ABSENT, ITEM_IS_PRESENT } from '../port/table.ts';
import { KEY, USERS_PARTITION } from '../topology/table-keys.ts';
import type { AccessDeps } from './access-deps.ts';
import type { UserActor } from './actor.ts';
import { queryAllItems } from './query-all-items.ts';
import { createSecret } from './secret.ts';

const userItemSchema = z.object({
  sk: z.string(),
  role: roleSchema,
  hash: z.string(),
  createdAt: z.number(),
});

export type User = {
  readonly email: string;
  readonly role: Role;
  readonly hash: string;
  readonly createdAt: number;
};

/** One person, one row, however they spell their address. */
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
  const items = await queryAllItems(deps.table, USERS_PARTITION);
  return items.map(toUser);
}

export async function createUser(
  deps: Pick<AccessDeps, 'table' | 'clock' | 'passwords'>,
  input: { readonly email: string; readonly password: string; readonly role: Role },
): Promise<User> {
  const hash = await deps.passwords.hash(input.password);
  const key = buildUserKey(input.email);
  const item = { ...key, role: input.role, hash, createdAt: deps.clock.now() };
  if (await deps.table.put(item, ITEM_IS_ABSENT)) return toUser(item);
  throw new AppError('conflict', 'user_exists', `${key.sk} is a user already`);
}

/** Their sessions end with the next refresh, their API tokens at once. Nobody removes themselves, so an admin is left. */
export async function removeUser(
  deps: Pick<AccessDeps, 'table'>,
  actor: UserActor,
  email: string,
): Promise<void> {
  const key = buildUserKey(email);
  if (key.sk === actor.email)
    throw new AppError('conflict', 'own_user', 'nobody can remove themselves; ask another admin');
  if (await deps.table.delete(key, ITEM_IS_PRESENT)) return;
  throw new AppError('notFound', 'user_not_found', `there is no user ${key.sk}`);
}

export type EnsuredAdmin = {
  readonly email: string;
  readonly state: 'created' | 'updated' | 'unchanged';
  /** Only when the user was created without a given password: to be shown once. */
  readonly generatedPassword?: string;
};

/** The first admin. A password given by the configuration wins over the stored one: that is the way back in. */
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
  const known = password === undefined || (await deps.passwords.verify(password, user.hash));
  if (known && user.role === 'admin') return { email: user.email, state: 'unchanged' };
  const hash = known ? user.hash : await deps.passwords.hash(password);
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
