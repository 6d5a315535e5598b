import { requireRole, type UserActor, unauthorized } from '../../core/access/actor.ts';
import type { AttemptId } from '../../core/contract/id.ts';
import type { Access } from '../../core/contract/route.ts';
import { AppError } from '../../core/error.ts';
import type { AnyActor, AttemptActor, HookActor } from './handlers.ts';

// Who may pass. Each Lambda brings only the checks that its own routes need.

export type Authorize = {
  /** Undefined: nobody that we know, or not any more. */
  readonly user?: (bearer: string) => Promise<UserActor | undefined>;
  /** The attempt whose token this is. */
  readonly attempt?: (bearer: string) => Promise<AttemptId | undefined>;
  /** Whether `x-hub-signature-256` belongs to the raw body. */
  readonly signature?: (body: Uint8Array, signature: string) => Promise<boolean>;
};

export type Credentials = {
  readonly header: (name: string) => string | undefined;
  readonly body: Uint8Array;
};

export async function admit(
  access: Access,
  credentials: Credentials,
  authorize: Authorize,
): Promise<AnyActor> {
  if (access === 'public') return undefined;
  if (access === 'signature') return admitHook(credentials, authorize);
  if (access === 'attempt') return admitAttempt(credentials, authorize);
  const actor = await authorize.user?.(bearerOf(credentials));
  if (actor === undefined) throw unauthorized('this token is not or no longer valid');
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
export function missingCheck(access: Access, authorize: Authorize): string | undefined {
  if (access === 'public') return undefined;
  const check = access === 'attempt' || access === 'signature' ? access : 'user';
  return authorize[check] === undefined ? check : undefined;
}

async function admitAttempt(credentials: Credentials, authorize: Authorize): Promise<AttemptActor> {
  const attempt = await authorize.attempt?.(bearerOf(credentials));
  if (attempt === undefined) throw unauthorized('this is no valid token of an attempt');
  return { kind: 'attempt', attempt };
}

async function admitHook({ header, body }: Credentials, authorize: Authorize): Promise<HookActor> {
  const signature = header('x-hub-signature-256');
  if (signature === undefined) throw unauthorized('the header x-hub-signature-256 is missing');
  if ((await authorize.signature?.(body, signature)) !== true)
    throw unauthorized('the signature in x-hub-signature-256 does not match the body');
  return { kind: 'hook' };
}

function bearerOf({ header }: Credentials): string {
  const value = header('authorization');
  if (value === undefined)
    throw unauthorized('sign in first: send the header "authorization: Bearer <token>"');
  const match = /^Bearer +([\w.~+/=-]{1,4000})$/i.exec(value.trim());
  if (match?.[1] === undefined)
    throw unauthorized('the header authorization has to be "Bearer <token>"');
  return match[1];
}
