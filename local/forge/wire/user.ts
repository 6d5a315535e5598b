import type { ForgeContext } from '../forge-context.ts';
import type { RepositoryRow } from '../store/row-schema.ts';
import { findAccount } from '../store/token-store.ts';

export function toUserJson(context: ForgeContext, login: string) {
  const account = findAccount(context.rows, login);
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

/** Returns a number that depends on the login alone. */
function toUserId(login: string): number {
  let hash = 7;
  for (const letter of login) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) % 1_000_000_007;
  return hash;
}

/** Returns the permission of an account; undefined: no such account. The owner of a repository has `admin`. */
export function findPermission(
  context: ForgeContext,
  repository: RepositoryRow,
  login: string,
): 'read' | 'write' | 'admin' | undefined {
  if (login === repository.name.split('/')[0]) return 'admin';
  return findAccount(context.rows, login)?.permission;
}

/** Returns GitHub's `author_association`, which names the relation to the repository and grants nothing. */
export function authorAssociation(
  context: ForgeContext,
  repository: RepositoryRow,
  login: string,
): string {
  if (login === repository.name.split('/')[0]) return 'OWNER';
  return findAccount(context.rows, login)?.type === 'User' ? 'COLLABORATOR' : 'NONE';
}
