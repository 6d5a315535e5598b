import { z } from 'zod';
import { AppError } from '../base/app-error.ts';
import { listPages } from '../base/list-pages.ts';
import type { Role } from '../contract/access.ts';
import { roleSchema } from '../contract/access.ts';
import type { Condition, Item, Key, Value } from '../port/table.ts';
import { ITEM_IS_ABSENT } from '../port/table.ts';
import { KEY, USERS_PARTITION } from '../topology/table-keys.ts';
import type { AccessDeps } from './access-deps.ts';
import { createSecret, deriveId, ID_ALPHABET } from './secret.ts';

// A user item connects an e-mail address with an account. Authority belongs to the account: if an address is removed and added
// again, the new account shares nothing with the old account.

const ACCOUNT_ID_LENGTH = 16;

const userItemSchema = z.object({
  sk: z.string(),
  account: z.string().optional(),
  role: roleSchema,
  hash: z.string(),
  createdAt: z.number(),
  roleVersion: z.number().default(0),
  sessionVersion: z.number().default(0),
  tokenVersion: z.number().default(0),
});

/** Stored user; `hash` is the password hash, `createdAt` in epoch milliseconds. */
export type User = {
  readonly email: string;
  /** Random id of the account. */
  readonly account: string;
  readonly role: Role;
  readonly hash: string;
  readonly createdAt: number;
  /** Changes with every write of the role. */
  readonly roleVersion: number;
  /** A session is valid only while its version is equal. */
  readonly sessionVersion: number;
  /** An API token is valid only while its version is equal. */
  readonly tokenVersion: number;
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

/** Returns a user; throws AppError `user_not_found` for an unknown e-mail address. */
export async function requireUser(deps: Pick<AccessDeps, 'table'>, email: string): Promise<User> {
  const user = await findUser(deps, email);
  if (user !== undefined) return user;
  throw new AppError(
    'notFound',
    'user_not_found',
    `there is no user with the e-mail address ${normaliseEmail(email)}; GET /v1/users lists all users`,
  );
}

export async function listUsers(deps: Pick<AccessDeps, 'table'>): Promise<User[]> {
  const items = listPages((after) => deps.table.query(USERS_PARTITION, { after }));
  return Array.fromAsync(items, toUser);
}

/** Writes a new user with a new account; throws AppError `user_exists` if the e-mail address is taken. */
export async function insertUser(
  deps: Pick<AccessDeps, 'table' | 'clock' | 'passwords' | 'randomBytes'>,
  input: { readonly email: string; readonly password: string; readonly role: Role },
): Promise<User> {
  const hash = await deps.passwords.hash(input.password);
  const key = buildUserKey(input.email);
  const account = formatAccountId(createSecret(deps.randomBytes));
  const item = { ...key, account, role: input.role, hash, createdAt: deps.clock.now() };
  if (await deps.table.put(item, ITEM_IS_ABSENT)) return toUser(item);
  throw new AppError(
    'conflict',
    'user_exists',
    `a user with the e-mail address ${key.sk} already exists`,
  );
}

/** Writes the role of a user. Returns undefined if another request has changed the role or the account since `user` was read. */
export async function writeUserRole(
  deps: Pick<AccessDeps, 'table'>,
  user: User,
  role: Role,
): Promise<User | undefined> {
  const change = { set: { role }, add: { roleVersion: 1 } };
  const item = await deps.table.update(buildUserKey(user.email), change, buildRoleCondition(user));
  return item === undefined ? undefined : toUser(item);
}

/** Deletes a user. Returns false if another request has changed the role or the account since `user` was read. */
export function deleteUser(deps: Pick<AccessDeps, 'table'>, user: User): Promise<boolean> {
  return deps.table.delete(buildUserKey(user.email), buildRoleCondition(user));
}

/** Changes a user: a new password hash, and the end of all sessions or API tokens by a new version. */
export type CredentialChange = {
  readonly hash?: string;
  readonly endsSessions?: true;
  readonly endsTokens?: true;
};

/** Writes a credential change; throws AppError `user_not_found` if the account was removed. */
export async function writeCredentials(
  deps: Pick<AccessDeps, 'table'>,
  user: User,
  change: CredentialChange,
): Promise<User> {
  const set: Record<string, Value> = change.hash === undefined ? {} : { hash: change.hash };
  const add = {
    ...(change.endsSessions && { sessionVersion: 1 }),
    ...(change.endsTokens && { tokenVersion: 1 }),
  };
  const isSameAccount = [{ attribute: 'createdAt', equals: user.createdAt }];
  const item = await deps.table.update(buildUserKey(user.email), { set, add }, isSameAccount);
  return item === undefined ? requireUser(deps, user.email) : toUser(item);
}

function buildRoleCondition(user: User): Condition {
  return [
    { attribute: 'createdAt', equals: user.createdAt },
    user.roleVersion === 0
      ? { attribute: 'roleVersion', is: 'absent' }
      : { attribute: 'roleVersion', equals: user.roleVersion },
  ];
}

function buildUserKey(email: string): Key {
  return KEY.user(normaliseEmail(email));
}

function formatAccountId(text: string): string {
  return `a${deriveId(text, ID_ALPHABET, ACCOUNT_ID_LENGTH)}`;
}

function toUser(item: Item): User {
  const { sk, account, ...fields } = userItemSchema.parse(item);
  // An item of an earlier version has no account: its address and time of creation identify the account.
  return {
    ...fields,
    email: sk,
    account: account ?? formatAccountId(JSON.stringify(['account', sk, fields.createdAt])),
  };
}
