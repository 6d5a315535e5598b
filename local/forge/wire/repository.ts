import type { Caller, ForgeContext } from '../forge-context.ts';
import { isoSeconds } from '../git/read-commit.ts';
import type { RepositoryRow } from '../store/row-schema.ts';
import { wireUser } from './user.ts';

export function repositoryUrl(context: ForgeContext, repository: RepositoryRow): string {
  return `${context.urls.api}/repos/${repository.name}`;
}

export function wireRepository(context: ForgeContext, repository: RepositoryRow, caller?: Caller) {
  const [owner = '', name = ''] = repository.name.split('/');
  const { settings } = repository;
  return {
    id: repository.id,
    node_id: `R_${repository.id}`,
    name,
    full_name: repository.name,
    private: settings.private,
    visibility: settings.private ? 'private' : 'public',
    owner: wireUser(context, owner),
    url: repositoryUrl(context, repository),
    html_url: `${context.urls.base}/${repository.name}`,
    clone_url: `${context.urls.base}/${repository.name}.git`,
    description: null,
    fork: false,
    default_branch: repository.default_branch,
    archived: settings.archived,
    disabled: false,
    allow_merge_commit: settings.allowMerge,
    allow_squash_merge: settings.allowSquash,
    allow_rebase_merge: settings.allowRebase,
    created_at: isoSeconds(repository.created_at),
    ...(caller !== undefined && { permissions: wirePermissions(caller) }),
  };
}

function wirePermissions(caller: Caller) {
  const admin = caller.permission === 'admin';
  const push = admin || caller.permission === 'write';
  return { admin, maintain: admin, push, triage: push, pull: true };
}
