import { timingSafeEqual } from 'node:crypto';
import { jwtVerify } from 'jose';
import type { Caller, ForgeContext } from './forge-context.ts';
import { HttpError } from './http-error.ts';
import type { RepositoryRow } from './store/row-schema.ts';
import { findAccount, findToken, hashToken } from './store/token-store.ts';

/** Returns the token of `Authorization: bearer|token <token>`, or of Basic with the token as password. */
export function readCredential(header: string | undefined): string | undefined {
  const [scheme = '', value = ''] = (header ?? '').split(' ');
  if (/^(bearer|token)$/i.test(scheme)) return value;
  if (!/^basic$/i.test(scheme)) return undefined;
  const text = Buffer.from(value, 'base64').toString();
  return text.slice(text.indexOf(':') + 1);
}

export function isAdminToken(context: ForgeContext, token: string): boolean {
  const given = Buffer.from(hashToken(token));
  return timingSafeEqual(given, Buffer.from(hashToken(context.adminToken)));
}

/** Returns the account of a token with the token's limits. Throws 401. */
export function requireCaller(context: ForgeContext, header: string | undefined): Caller {
  const token = readCredential(header);
  if (token === undefined || token === '') {
    throw new HttpError(401, 'Requires authentication', { status: '401' });
  }
  if (isAdminToken(context, token)) return { login: 'admin', type: 'User', permission: 'admin' };
  const grant = findToken(context.rows, token, context.now());
  const account = grant === undefined ? undefined : findAccount(context.rows, grant.login);
  if (grant === undefined || account === undefined) {
    throw new HttpError(401, 'Bad credentials', { status: '401' });
  }
  return {
    ...account,
    ...(grant.repositories !== null && { repositories: grant.repositories }),
    ...(grant.branch !== null && { branch: grant.branch }),
    ...(grant.permissions !== null && { permissions: grant.permissions }),
  };
}

/** Verifies a JSON web token that the App signed with its private key. Throws 401. */
export async function requireApp(
  context: ForgeContext,
  header: string | undefined,
): Promise<{ readonly id: string; readonly slug: string }> {
  const token = readCredential(header);
  const app = context.app;
  if (token === undefined || app === undefined) {
    throw new HttpError(401, 'A JSON web token could not be decoded', { status: '401' });
  }
  try {
    await jwtVerify(token, app.publicKey, { issuer: app.id, algorithms: ['RS256'] });
  } catch (cause) {
    const error = new HttpError(401, 'A JSON web token could not be decoded', { status: '401' });
    error.cause = cause;
    throw error;
  }
  return { id: app.id, slug: app.slug };
}

/** Returns whether a token covers a repository. */
export function canReach(caller: Caller, repository: RepositoryRow): boolean {
  return caller.repositories?.includes(repository.id) ?? true;
}

/** Returns whether a token allows writes under a permission such as `contents` or `pull_requests`. */
export function canWrite(caller: Caller, permission: string): boolean {
  if (caller.permissions === undefined) return true;
  return ['write', 'admin'].includes(caller.permissions[permission] ?? '');
}

export function canRead(caller: Caller, permission: string): boolean {
  return caller.permissions === undefined || caller.permissions[permission] !== undefined;
}
