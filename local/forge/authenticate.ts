import { timingSafeEqual } from 'node:crypto';
import { jwtVerify } from 'jose';
import type { Caller, ForgeContext } from './forge-context.ts';
import { Problem } from './problem.ts';
import type { RepositoryRow } from './store/row-schema.ts';
import { findAccount, findToken, hashToken } from './store/token-store.ts';

/** From `Authorization: bearer|token <token>` or Basic with the token as password. */
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

/** Throws 401. */
export function requireCaller(context: ForgeContext, header: string | undefined): Caller {
  const token = readCredential(header);
  if (token === undefined || token === '') {
    throw new Problem(401, 'Requires authentication', { status: '401' });
  }
  if (isAdminToken(context, token)) return { login: 'admin', type: 'User', permission: 'admin' };
  const grant = findToken(context.rows, token, context.now());
  const account = grant === undefined ? undefined : findAccount(context.rows, grant.login);
  if (grant === undefined || account === undefined) {
    throw new Problem(401, 'Bad credentials', { status: '401' });
  }
  return {
    ...account,
    ...(grant.repositories !== null && { repositories: grant.repositories }),
    ...(grant.branch !== null && { branch: grant.branch }),
    ...(grant.permissions !== null && { permissions: grant.permissions }),
  };
}

/** The App itself, by a JSON web token that its private key signed. Throws 401. */
export async function requireApp(
  context: ForgeContext,
  header: string | undefined,
): Promise<{ readonly id: string; readonly slug: string }> {
  const token = readCredential(header);
  const app = context.app;
  if (token === undefined || app === undefined) {
    throw new Problem(401, 'A JSON web token could not be decoded', { status: '401' });
  }
  try {
    await jwtVerify(token, app.publicKey, { issuer: app.id, algorithms: ['RS256'] });
  } catch (cause) {
    const problem = new Problem(401, 'A JSON web token could not be decoded', { status: '401' });
    problem.cause = cause;
    throw problem;
  }
  return { id: app.id, slug: app.slug };
}

export function mayReach(caller: Caller, repository: RepositoryRow): boolean {
  return caller.repositories?.includes(repository.id) ?? true;
}

/** Whether the caller may write what `family` (`contents`, `pull_requests`, ...) covers. */
export function mayWrite(caller: Caller, family: string): boolean {
  if (caller.permissions === undefined) return true;
  return ['write', 'admin'].includes(caller.permissions[family] ?? '');
}

export function mayRead(caller: Caller, family: string): boolean {
  return caller.permissions === undefined || caller.permissions[family] !== undefined;
}
