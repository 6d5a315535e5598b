import type { UserActor } from '../../core/access/actor.ts';
import { createUnauthorizedError, requireRole } from '../../core/access/actor.ts';
import { AppError } from '../../core/base/app-error.ts';
import type { AttemptId } from '../../core/contract/id.ts';
import type { RouteAccess } from '../../core/contract/route.ts';
import type { AnyActor, AttemptActor, HookActor } from './handlers.ts';

// Who may pass. Each Lambda brings only the checks that its own routes need.

export type CallerChecks = {
  /** Undefined: nobody that we know, or not any more. */
  readonly user?: (bearer: string) => Promise<UserActor | undefined>;
  /** The attempt whose token this is. */
  readonly attempt?: (bearer: string) => Promise<AttemptId | undefined>;
  /** Whether `x-hub-signature-256` belongs to the raw body. */
  readonly signature?: (body: Uint8Array, signature: string) => Promise<boolean>;
};

export type CallerCredentials = {
  readonly header: (name: string) => string | undefined;
  readonly body: Uint8Array;
};

export async function admitCaller(
  access: RouteAccess,
  credentials: CallerCredentials,
  authorize: CallerChecks,
): Promise<AnyActor> {
  if (access === 'public') return undefined;
  if (access === 'signature') return admitHook(credentials, authorize);
  if (access === 'attempt') return admitAttempt(credentials, authorize);
  const actor = await authorize.user?.(readBearer(credentials));
  if (actor === undefined) throw createUnauthorizedError('this token is not or no longer valid');
  requireRole(actor, access);
  return actor;
}

/** An attempt's token opens the paths of that attempt alone. */
export function requireOwnPath(actor: AnyActor, params: unknown): void {
  if (actor?.kind !== 'attempt') return;
  const named = typeof params === 'object' && params !== null && 'attempt' in params;
  if (named && params.attempt === actor.attempt) return;
  throw new AppError('auth', 'forbidden', 'this token belongs to another attempt');
}

/** What `authorize` lacks for routes of this access. */
export function findMissingCheck(access: RouteAccess, authorize: CallerChecks): string | undefined {
  if (access === 'public') return undefined;
  const check = access === 'attempt' || access === 'signature' ? access : 'user';
  return authorize[check] === undefined ? check : undefined;
}

async function admitAttempt(
  credentials: CallerCredentials,
  authorize: CallerChecks,
): Promise<AttemptActor> {
  const attempt = await authorize.attempt?.(readBearer(credentials));
  if (attempt === undefined) throw createUnauthorizedError('this is no valid token of an attempt');
  return { kind: 'attempt', attempt };
}

async function admitHook(
  { header, body }: CallerCredentials,
  authorize: CallerChecks,
): Promise<HookActor> {
  const signature = header('x-hub-signature-256');
  if (signature === undefined)
    throw createUnauthorizedError('the header x-hub-signature-256 is missing');
  if ((await authorize.signature?.(body, signature)) !== true)
    throw createUnauthorizedError('the signature in x-hub-signature-256 does not match the body');
  return { kind: 'hook' };
}

function readBearer({ header }: CallerCredentials): string {
  const value = header('authorization');
  if (value === undefined)
    throw createUnauthorizedError('sign in first: send the header "authorization: Bearer <token>"');
  const match = /^Bearer +([\w.~+/=-]{1,4000})$/i.exec(value.trim());
  if (match?.[1] === undefined)
    throw createUnauthorizedError('the header authorization has to be "Bearer <token>"');
  return match[1];
}
