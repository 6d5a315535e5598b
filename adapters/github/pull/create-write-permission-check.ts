import { isAppError } from '../../../core/base/app-error.ts';
import type { RepoName } from '../../../core/port/forge.ts';
import type { Connection } from '../create-connection.ts';

const PERMISSION_TTL_MS = 5 * 60_000;
const MAX_KNOWN_PERMISSIONS = 1_000;

export type WritePermissionCheck = (repo: RepoName, login: string) => Promise<boolean>;

type KnownPermission = { readonly canWrite: Promise<boolean>; readonly until: number };

/** Whether a person may write to a repository, as the forge says; remembered for five minutes. */
export function createWritePermissionCheck(connection: Connection): WritePermissionCheck {
  const known = new Map<string, KnownPermission>();
  return (repo, login) => {
    const key = `${repo} ${login}`;
    const now = connection.now();
    const found = known.get(key);
    if (found !== undefined && found.until > now) return found.canWrite;
    const canWrite = readWritePermission(connection, repo, login);
    if (known.size >= MAX_KNOWN_PERMISSIONS) known.clear();
    known.set(key, { canWrite, until: now + PERMISSION_TTL_MS });
    canWrite.catch(() => known.delete(key));
    return canWrite;
  };
}

/** Who is not known there, or may not be asked about, steers nobody. */
async function readWritePermission(
  connection: Connection,
  repo: RepoName,
  login: string,
): Promise<boolean> {
  try {
    const what = `read what ${login} may do in ${repo}`;
    return await connection.callForge(what, repo, async (octokit, id) => {
      const asked = { ...id, username: login };
      const { data } = await octokit.rest.repos.getCollaboratorPermissionLevel(asked);
      // GitHub answers `maintain` as `write`, and custom roles as what they are based on.
      return data.permission === 'admin' || data.permission === 'write';
    });
  } catch (error) {
    if (isAppError(error, 'notFound') || isAppError(error, 'refused')) return false;
    throw error;
  }
}
