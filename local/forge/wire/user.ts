import type { ForgeContext } from '../forge-context.ts';
import type { RepositoryRow } from '../store/row-schema.ts';
import { findAccount } from '../store/token-store.ts';

export function toUserJson(context: ForgeContext, login: string) {
  const account = findAccount(context.database, login);
  return {
    login,
    id: toUserId(login),
    node_id: `U_${toUserId(login)}`,
    avatar_url: '',
    url: `${context.urls.api}/users/${encodeURIComponent(login)}`,
    html_url: `${context.urls.base}/${encodeURIComponent(login)}`,
    type: account?.type ?? 'User',
    site_admin: false,
  };
}

/** Derives a numeric id from a login. The same login always has the same id. */
function toUserId(login: string): number {
  let hash = 7;
  for (const letter of login) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) % 1_000_000_007;
  return hash;
}

/** Returns the permission of an account for a repository; undefined: no such account. The owner has `admin`. */
export function findPermission(
  context: ForgeContext,
  repository: RepositoryRow,
  login: string,
): 'read' | 'write' | 'admin' | undefined {
  if (login === repository.name.split('/')[0]) return 'admin';
  return findAccount(context.database, login)?.permission;
}

/** Returns GitHub's `author_association`. Clients must not derive permissions from this value. */
export function findAuthorAssociation(
  context: ForgeContext,
  repository: RepositoryRow,
  login: string,
): string {
  if (login === repository.name.split('/')[0]) return 'OWNER';
  return findAccount(context.database, login)?.type === 'User' ? 'COLLABORATOR' : 'NONE';
}
