import type { ForgeContext } from '../forge-context.ts';
import type { RepositoryRow } from '../store/row-schema.ts';
import { findAccount } from '../store/token-store.ts';

export function wireUser(context: ForgeContext, login: string) {
  const account = findAccount(context.rows, login);
  return {
    login,
    id: numberOf(login),
    node_id: `U_${numberOf(login)}`,
    avatar_url: '',
    url: `${context.urls.api}/users/${encodeURIComponent(login)}`,
    html_url: `${context.urls.base}/${encodeURIComponent(login)}`,
    type: account?.type ?? 'User',
    site_admin: false,
  };
}

/** A number that is always the same for a login. */
function numberOf(login: string): number {
  let hash = 7;
  for (const letter of login) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) % 1_000_000_007;
  return hash;
}

/** Undefined: nobody is known by that name. Who owns the repository may do everything. */
export function permissionOf(
  context: ForgeContext,
  repository: RepositoryRow,
  login: string,
): 'read' | 'write' | 'admin' | undefined {
  if (login === repository.name.split('/')[0]) return 'admin';
  return findAccount(context.rows, login)?.permission;
}

/** As on GitHub it tells who belongs here, and not what they may do. */
export function authorAssociation(
  context: ForgeContext,
  repository: RepositoryRow,
  login: string,
): string {
  if (login === repository.name.split('/')[0]) return 'OWNER';
  return findAccount(context.rows, login)?.type === 'User' ? 'COLLABORATOR' : 'NONE';
}
