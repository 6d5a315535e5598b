import { ROLES, type Role } from '../contract/access.ts';
import { AppError } from '../error.ts';

/** A person, by a session or by one of their API tokens. */
export type UserActor = {
  readonly kind: 'user';
  readonly email: string;
  readonly role: Role;
  readonly via: 'session' | 'token';
};

export function roleAtLeast(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

export function lowerRole(a: Role, b: Role): Role {
  return roleAtLeast(a, b) ? b : a;
}

/** Throws `forbidden`, naming the role that is needed. */
export function requireRole(actor: { readonly role: Role }, needed: Role): void {
  if (roleAtLeast(actor.role, needed)) return;
  throw new AppError('auth', 'forbidden', `this needs the role ${needed}; yours is ${actor.role}`, {
    details: { needs: needed, has: actor.role },
  });
}

export function unauthorized(message: string): AppError {
  return new AppError('auth', 'unauthorized', message);
}
