import { AppError } from '../base/app-error.ts';
import type { Role } from '../contract/access.ts';
import { ROLES } from '../contract/access.ts';

/** A person, by a session or by one of their API tokens. */
export type UserActor = {
  readonly kind: 'user';
  readonly email: string;
  readonly role: Role;
  readonly via: 'session' | 'token';
};

export function isRoleAtLeast(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

export function selectLowerRole(a: Role, b: Role): Role {
  return isRoleAtLeast(a, b) ? b : a;
}

/** Throws `forbidden`, naming the role that is needed. */
export function requireRole(actor: { readonly role: Role }, needed: Role): void {
  if (isRoleAtLeast(actor.role, needed)) return;
  throw new AppError('auth', 'forbidden', `this needs the role ${needed}; yours is ${actor.role}`, {
    details: { needs: needed, has: actor.role },
  });
}

export function createUnauthorizedError(message: string): AppError {
  return new AppError('auth', 'unauthorized', message);
}
