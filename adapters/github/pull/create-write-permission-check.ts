import { isAppError } from '../../../core/base/app-error.ts';
import type { RepoName } from '../../../core/port/forge.ts';
import type { Connection } from '../create-connection.ts';

const PERMISSION_TTL_MS = 5 * 60_000;
const MAX_KNOWN_PERMISSIONS = 1_000;

/** Returns true if a login has write permission in a repository. */
export type WritePermissionCheck = (repo: RepoName, login: string) => Promise<boolean>;

type KnownPermission = { readonly canWrite: Promise<boolean>; readonly until: number };

/** Creates a check for write permission that remembers results for five minutes. */
export function createWritePermissionCheck(connection: Connection): WritePermissionCheck {
  const permissions = new Map<string, KnownPermission>();
  return (repo, login) => {
    const key = `${repo} ${login}`;
    const now = connection.now();
    const knownPermission = permissions.get(key);
    if (knownPermission !== undefined && knownPermission.until > now)
      return knownPermission.canWrite;
    const canWrite = readWritePermission(connection, repo, login);
    if (permissions.size >= MAX_KNOWN_PERMISSIONS) permissions.clear();
    permissions.set(key, { canWrite, until: now + PERMISSION_TTL_MS });
    canWrite.catch(() => permissions.delete(key));
    return canWrite;
  };
}

/** Returns false for an unknown login, and if the credential may not read permissions. */
async function readWritePermission(
  connection: Connection,
  repo: RepoName,
  login: string,
): Promise<boolean> {
  try {
    const action = `read the permission of ${login} in ${repo}`;
    return await connection.callForge(action, repo, async (octokit, repoParams) => {
      const parameters = { ...repoParams, username: login };
      const { data } = await octokit.rest.repos.getCollaboratorPermissionLevel(parameters);
      // GitHub reports `maintain` as `write`, and a custom role as its base role.
      return data.permission === 'admin' || data.permission === 'write';
    });
  } catch (error) {
    if (isAppError(error, 'notFound') || isAppError(error, 'refused')) return false;
    throw error;
  }
}
