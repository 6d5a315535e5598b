import { timingSafeEqual } from 'node:crypto';
import { jwtVerify } from 'jose';
import type { Caller, ForgeContext } from './forge-context.ts';
import { HttpError } from './http-error.ts';
import type { RepositoryRow } from './store/row-schema.ts';
import { findAccount, findToken, hashToken } from './store/token-store.ts';

/** Returns the token of an `Authorization` header: `bearer <token>`, `token <token>`, or Basic with the token as password. */
export function parseAuthorizationToken(header: string | undefined): string | undefined {
  const [scheme = '', value = ''] = (header ?? '').split(' ');
  if (/^(bearer|token)$/i.test(scheme)) return value;
  if (!/^basic$/i.test(scheme)) return undefined;
  const userAndToken = Buffer.from(value, 'base64').toString();
  return userAndToken.slice(userAndToken.indexOf(':') + 1);
}

export function isAdminToken(context: ForgeContext, token: string): boolean {
  const tokenHash = Buffer.from(hashToken(token));
  return timingSafeEqual(tokenHash, Buffer.from(hashToken(context.adminToken)));
}

/** Returns the account that owns the token of a request. Throws an HttpError 401 for a missing or unknown token. */
export function requireCaller(context: ForgeContext, header: string | undefined): Caller {
  const token = parseAuthorizationToken(header);
  if (token === undefined || token === '') {
    throw new HttpError(401, 'Requires authentication', { status: '401' });
  }
  if (isAdminToken(context, token)) return { login: 'admin', type: 'User', permission: 'admin' };
  const grant = findToken(context.database, token, context.now());
  const account = grant === undefined ? undefined : findAccount(context.database, grant.login);
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

/** Returns the App whose private key signed the JSON web token of a request. Throws an HttpError 401 for any other token. */
export async function requireApp(
  context: ForgeContext,
  header: string | undefined,
): Promise<{ readonly id: string; readonly slug: string }> {
  const token = parseAuthorizationToken(header);
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

/** Returns whether the token of a caller covers a repository. */
export function canReach(caller: Caller, repository: RepositoryRow): boolean {
  return caller.repositories?.includes(repository.id) ?? true;
}

/** Returns whether the token of a caller grants write access to the resources of a GitHub permission such as `contents`. */
export function canWrite(caller: Caller, permission: string): boolean {
  if (caller.permissions === undefined) return true;
  return ['write', 'admin'].includes(caller.permissions[permission] ?? '');
}

/** Returns whether the token of a caller grants read access to the resources of a GitHub permission such as `contents`. */
export function canRead(caller: Caller, permission: string): boolean {
  return caller.permissions === undefined || caller.permissions[permission] !== undefined;
}
