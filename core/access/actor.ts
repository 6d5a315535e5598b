import { AppError } from '../base/app-error.ts';
import type { Role } from '../contract/access.ts';
import { ROLES } from '../contract/access.ts';

/** Authenticated user; `via` is the kind of credential: a session or an API token. */
export type UserActor = {
  readonly kind: 'user';
  readonly email: string;
  readonly role: Role;
  readonly via: 'session' | 'token';
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
