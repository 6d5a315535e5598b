import { AppError } from '../base/app-error.ts';
import type { Role, Session } from '../contract/access.ts';
import type { AccessDeps } from './access-deps.ts';
import type { UserActor } from './actor.ts';
import { createUnauthorizedError } from './actor.ts';
import { addAdmin, loadAdmins, withdrawAdmin } from './admin-set.ts';
import { deleteAccountTokens } from './api-token.ts';
import type { SocketDeps } from './end-session.ts';
import { closeAccountSockets, deleteAccountSessions } from './end-session.ts';
import { countSignInAttempt, resetSignInAttempts } from './login-limit.ts';
import { createSecret } from './secret.ts';
import { openSession } from './session.ts';
import type { User } from './user.ts';
import {
  deleteUser,
  findUser,
  insertUser,
  normaliseEmail,
  requireUser,
  writeCredentials,
  writeUserRole,
} from './user.ts';

// Changes of users. Every change writes the user first, which ends the authority of old credentials at once, because every request
// reads the user. Items of ended sessions, API tokens and sockets are deleted afterwards.

const MAX_RACES = 10;

/** Creates a user; throws AppError `user_exists` if the e-mail address is taken. */
export async function createUser(
  deps: Pick<AccessDeps, 'table' | 'clock' | 'passwords' | 'randomBytes'>,
  input: { readonly email: string; readonly password: string; readonly role: Role },
): Promise<User> {
  const user = await insertUser(deps, input);
  return user.role === 'admin' ? changeRole(deps, user, 'admin') : user;
}

/**
 * Removes a user and ends the user's sessions, API tokens and sockets.
 *
 * @throws AppError `user_not_found`, `own_user` for the actor's own account, or `last_admin`
 */
export async function removeUser(
  deps: Pick<AccessDeps, 'table'> & SocketDeps,
  actor: UserActor,
  email: string,
): Promise<void> {
  const account = await repeatRace(async () => {
    const user = await requireUser(deps, email);
    if (user.account === actor.account)
      throw createOwnUserError('you cannot remove your own account; ask another admin');
    if (!(await withdrawIfAdmin(deps, user))) return undefined;
    return (await deleteUser(deps, user)) ? user.account : undefined;
  });
  await deleteAccountSessions(deps, account);
  await deleteAccountTokens(deps, account);
  await closeAccountSockets(deps, account);
}

/** Change of a user by an admin. */
export type UserChange = { readonly role?: Role; readonly password?: string };

/**
 * Changes role and password of a user. A new role holds from the next request on; a new password ends the user's sessions, API
 * tokens and sockets.
 *
 * @throws AppError `user_not_found`, `last_admin`, or `own_user` for the password of the actor's own account
 */
export async function changeUser(
  deps: AccessDeps & SocketDeps,
  actor: UserActor,
  email: string,
  change: UserChange,
): Promise<User> {
  const user = await requireUser(deps, email);
  if (change.password !== undefined && user.account === actor.account)
    throw createOwnUserError('use POST /v1/me/password to change your own password');
  const { role, password } = change;
  const changed = role === undefined ? user : await changeRole(deps, user, role);
  if (password === undefined) return changed;
  const hash = await deps.passwords.hash(password);
  const result = await writeCredentials(deps, changed, {
    hash,
    endsSessions: true,
    endsTokens: true,
  });
  await deleteAccountSessions(deps, user.account);
  await deleteAccountTokens(deps, user.account);
  await closeAccountSockets(deps, user.account);
  return result;
}

/** Ends all sessions of a user and their sockets; throws AppError `user_not_found`. */
export async function endUserSessions(
  deps: Pick<AccessDeps, 'table'> & SocketDeps,
  email: string,
): Promise<void> {
  const user = await requireUser(deps, email);
  await writeCredentials(deps, user, { endsSessions: true });
  await endOpenSessions(deps, user.account);
}

/**
 * Changes the actor's own password. Ends all sessions of the account and opens a new session; API tokens stay valid.
 *
 * @throws AppError `wrong_password` or `too_many_logins`
 */
export async function changeOwnPassword(
  deps: AccessDeps & SocketDeps,
  actor: UserActor,
  input: { readonly current: string; readonly next: string },
): Promise<Session> {
  await countSignInAttempt(deps, 'account', actor.account);
  const user = await findUser(deps, actor.email);
  if (user === undefined || user.account !== actor.account)
    throw createUnauthorizedError('this account was removed');
  if (!(await deps.passwords.verify(input.current, user.hash)))
    throw new AppError('invalid', 'wrong_password', 'the current password is wrong');
  const hash = await deps.passwords.hash(input.next);
  const changed = await writeCredentials(deps, user, { hash, endsSessions: true });
  await resetSignInAttempts(deps, 'account', actor.account);
  await endOpenSessions(deps, user.account);
  return openSession(deps, changed);
}

async function endOpenSessions(
  deps: Pick<AccessDeps, 'table'> & SocketDeps,
  account: string,
): Promise<void> {
  const ended = await deleteAccountSessions(deps, account);
  await closeAccountSockets(deps, account, ended);
}

/** Result of ensureAdmin. */
export type EnsuredAdmin = {
  readonly email: string;
  readonly state: 'created' | 'updated' | 'unchanged';
  /** Present if the user was created with a generated password; show the password once. */
  readonly generatedPassword?: string;
};

/**
 * Creates or updates the first admin. A configured password replaces a different stored password and ends all sessions and API
 * tokens of the account, so that an operator can regain access and shut out other holders.
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
  const { email } = user;
  const passwordIsCurrent =
    password === undefined || (await deps.passwords.verify(password, user.hash));
  const { ids } = await loadAdmins(deps);
  if (user.role !== 'admin' || !ids.includes(user.account)) await changeRole(deps, user, 'admin');
  if (passwordIsCurrent) return { email, state: user.role === 'admin' ? 'unchanged' : 'updated' };
  const hash = await deps.passwords.hash(password);
  await writeCredentials(deps, user, { hash, endsSessions: true, endsTokens: true });
  return { email, state: 'updated' };
}

/** Writes a role and keeps the set of admins in step; throws AppError `last_admin` or `user_not_found`. */
async function changeRole(
  deps: Pick<AccessDeps, 'table'>,
  { email, account }: User,
  role: Role,
): Promise<User> {
  return repeatRace(async () => {
    const user = await requireUser(deps, email);
    if (user.account !== account) throw createReplacedUserError(email);
    if (role !== 'admin') {
      if (!(await withdrawIfAdmin(deps, user))) return undefined;
      return writeUserRole(deps, user, role);
    }
    // Loaded before the role is written, so that a concurrent withdrawal of the account makes the addition fail.
    const admins = await loadAdmins(deps);
    const changed = await writeUserRole(deps, user, role);
    if (changed === undefined || !(await addAdmin(deps, admins, account))) return undefined;
    return changed;
  });
}

/** Takes an admin out of the set of admins. Returns false if another request has changed the set. */
async function withdrawIfAdmin(deps: Pick<AccessDeps, 'table'>, user: User): Promise<boolean> {
  return user.role !== 'admin' || withdrawAdmin(deps, await loadAdmins(deps), user.account);
}

/** Repeats an action that returns undefined while other requests change the same items. */
async function repeatRace<T>(action: () => Promise<T | undefined>): Promise<T> {
  for (let race = 0; race < MAX_RACES; race += 1) {
    const result = await action();
    if (result !== undefined) return result;
  }
  throw new AppError(
    'conflict',
    'concurrent_change',
    'other requests change this user at the same time; try again',
  );
}

function createOwnUserError(message: string): AppError {
  return new AppError('conflict', 'own_user', message);
}

function createReplacedUserError(email: string): AppError {
  return new AppError('conflict', 'concurrent_change', `${email} was removed and added again`);
}
