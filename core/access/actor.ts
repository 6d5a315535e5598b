import { AppError } from '../base/app-error.ts';
import type { Role } from '../contract/access.ts';
import { ROLES } from '../contract/access.ts';

/** Credential of a user: a session or an API token. The e-mail address finds the user, the account identifies the user. */
export type UserCredential = {
  readonly account: string;
  readonly email: string;
  readonly via: 'session' | 'token';
  /** Id of the session or of the API token. */
  readonly credential: string;
};

/** Authenticated user with the stored role of the account, which an API token may lower. */
export type UserActor = UserCredential & {
  readonly kind: 'user';
  readonly role: Role;
  /** Version of the account's API tokens; a token that this actor creates ends with this version. */
  readonly tokenVersion: number;
};

/** Returns true if `role` includes the permissions of `needed`. */
export function isRoleAtLeast(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

/** Returns the role with fewer permissions. */
export function selectLowerRole(a: Role, b: Role): Role {
  return isRoleAtLeast(a, b) ? b : a;
}

/** Requires a minimum role; throws AppError `forbidden` with the required role in its details. */
export function requireRole(actor: { readonly role: Role }, needed: Role): void {
  if (isRoleAtLeast(actor.role, needed)) return;
  throw new AppError(
    'auth',
    'forbidden',
    `this request needs the role ${needed}, but your role is ${actor.role}; ask an admin for the role`,
    {
      details: { needs: needed, has: actor.role },
    },
  );
}

export function createUnauthorizedError(message: string): AppError {
  return new AppError('auth', 'unauthorized', message);
}
