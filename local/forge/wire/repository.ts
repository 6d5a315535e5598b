import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Caller, ForgeContext } from '../forge-context.ts';
import { toIsoSeconds } from '../git/read-commit.ts';
import type { RepositoryRow } from '../store/row-schema.ts';
import { toUserJson } from './user.ts';

export function toRepositoryApiUrl(context: ForgeContext, repository: RepositoryRow): string {
  return `${context.urls.api}/repos/${repository.name}`;
}

/** Returns a repository; with `caller`, also the permissions of the caller. */
export function toRepositoryJson(
  context: ForgeContext,
  repository: RepositoryRow,
  caller?: Caller,
) {
  const [owner = '', name = ''] = repository.name.split('/');
  const { settings } = repository;
  return {
    id: repository.id,
    node_id: `R_${repository.id}`,
    name,
    full_name: repository.name,
    private: settings.private,
    visibility: settings.private ? 'private' : 'public',
    owner: toUserJson(context, owner),
    url: toRepositoryApiUrl(context, repository),
    html_url: `${context.urls.base}/${repository.name}`,
    clone_url: `${context.urls.base}/${repository.name}.git`,
    description: null,
    fork: false,
    size: measurePackSizeKib(repository.git_dir),
    default_branch: repository.default_branch,
    archived: settings.archived,
    disabled: false,
    allow_merge_commit: settings.allowMerge,
    allow_squash_merge: settings.allowSquash,
    allow_rebase_merge: settings.allowRebase,
    created_at: toIsoSeconds(repository.created_at),
    ...(caller !== undefined && { permissions: toPermissionsJson(caller) }),
  };
}

/** Returns the size of all pack files in KiB, rounded up. Objects outside pack files are ignored, because they are small. */
function measurePackSizeKib(gitDir: string): number {
  const folder = join(gitDir, 'objects/pack');
  try {
    const sizes = readdirSync(folder).map((name) => readSize(join(folder, name)));
    return Math.ceil(sizes.reduce((sum, size) => sum + size, 0) / 1_024);
  } catch {
    return 0;
  }
}

/** Returns the size of a file in bytes; 0 if git has removed the file since the folder was read. */
function readSize(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function toPermissionsJson(caller: Caller) {
  const admin = caller.permission === 'admin';
  const push = admin || caller.permission === 'write';
  return { admin, maintain: admin, push, triage: push, pull: true };
}
