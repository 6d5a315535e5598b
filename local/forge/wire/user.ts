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

export function authorAssociation(
  context: ForgeContext,
  repository: RepositoryRow,
  login: string,
): string {
  const account = findAccount(context.rows, login);
  if (login === repository.name.split('/')[0]) return 'OWNER';
  if (account === undefined || account.type === 'Bot') return 'NONE';
  return account.permission === 'read' ? 'NONE' : 'COLLABORATOR';
}
