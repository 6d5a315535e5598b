import type { UserActor } from '../../core/access/actor.ts';
import { createUnauthorizedError, requireRole } from '../../core/access/actor.ts';
import { AppError } from '../../core/base/app-error.ts';
import type { AttemptId } from '../../core/contract/id.ts';
import type { RouteAccess } from '../../core/contract/routes/route.ts';
import type { AnyActor, AttemptActor, HookActor } from './handlers.ts';

// Authentication and authorization of callers. Each function provides only the checks that its routes need.

/** Checks of credentials, by kind of route. */
export type CallerChecks = {
  /** Returns the holder of a bearer token; undefined for an invalid or expired token. */
  readonly user?: (bearer: string) => Promise<UserActor | undefined>;
  /** Returns the attempt of a token; undefined for an invalid or expired token. */
  readonly attempt?: (bearer: string) => Promise<AttemptId | undefined>;
  /** Verifies the signature of the header `x-hub-signature-256` against the raw body. */
  readonly signature?: (body: Uint8Array, signature: string) => Promise<boolean>;
};

/** Parts of a request that authenticate the caller. */
export type CallerCredentials = {
  readonly header: (name: string) => string | undefined;
  readonly body: Uint8Array;
};

/** Authenticates the caller of a route; throws AppError `unauthorized` or `forbidden`. */
export async function admitCaller(
  access: RouteAccess,
  credentials: CallerCredentials,
  checks: CallerChecks,
): Promise<AnyActor> {
  if (access === 'public') return undefined;
  if (access === 'signature') return admitHook(credentials, checks);
  if (access === 'attempt') return admitAttempt(credentials, checks);
  const actor = await checks.user?.(readBearer(credentials));
  if (actor === undefined)
    throw createUnauthorizedError(
      'this token is invalid, expired or revoked; sign in again, or create a new API token',
    );
  requireRole(actor, access);
  return actor;
}

/** Throws AppError `forbidden` if the path of an attempt route names another attempt than the caller. */
export function requireOwnAttempt(actor: AnyActor, params: unknown): void {
  if (actor?.kind !== 'attempt') return;
  const hasAttempt = typeof params === 'object' && params !== null && 'attempt' in params;
  if (hasAttempt && params.attempt === actor.attempt) return;
  throw new AppError(
    'auth',
    'forbidden',
    'this token belongs to another attempt; send the token of the attempt in the path',
  );
}

/** Returns the name of the check that a route needs if `checks` lacks this check. */
export function findMissingCheck(access: RouteAccess, checks: CallerChecks): string | undefined {
  if (access === 'public') return undefined;
  const name = access === 'attempt' || access === 'signature' ? access : 'user';
  return checks[name] === undefined ? name : undefined;
}

async function admitAttempt(
  credentials: CallerCredentials,
  checks: CallerChecks,
): Promise<AttemptActor> {
  const attempt = await checks.attempt?.(readBearer(credentials));
  if (attempt === undefined)
    throw createUnauthorizedError(
      'this attempt token is invalid or has expired; send the token that the launcher passed to the bridge',
    );
  return { kind: 'attempt', attempt };
}

async function admitHook(
  { header, body }: CallerCredentials,
  checks: CallerChecks,
): Promise<HookActor> {
  const signature = header('x-hub-signature-256');
  if (signature === undefined)
    throw createUnauthorizedError(
      'the header x-hub-signature-256 is missing; configure a secret for the webhook',
    );
  if ((await checks.signature?.(body, signature)) !== true)
    throw createUnauthorizedError(
      'the signature in x-hub-signature-256 does not match the body; configure the webhook with one of the secrets in GITHUB_WEBHOOK_SECRETS',
    );
  return { kind: 'hook' };
}

function readBearer({ header }: CallerCredentials): string {
  const value = header('authorization');
  if (value === undefined)
    throw createUnauthorizedError('sign in first: send the header "authorization: Bearer <token>"');
  const match = /^Bearer +([\w.~+/=-]{1,4000})$/i.exec(value.trim());
  if (match?.[1] === undefined)
    throw createUnauthorizedError('the header authorization must be "Bearer <token>"');
  return match[1];
}
