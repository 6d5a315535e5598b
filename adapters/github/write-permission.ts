import { isAppError } from '../../core/error.ts';
import type { RepoName } from '../../core/port/forge.ts';
import type { Connection } from './connection.ts';

const FRESH_MS = 5 * 60_000;
const MAX_KNOWN = 1_000;

export type WritePermission = (repo: RepoName, login: string) => Promise<boolean>;

type Known = { canWrite: Promise<boolean>; until: number };

/** Whether a person may write to a repository, as the forge says; remembered for five minutes. */
export function createWritePermission(connection: Connection): WritePermission {
  const known = new Map<string, Known>();
  return (repo, login) => {
    const key = `${repo} ${login}`;
    const now = connection.now();
    const found = known.get(key);
    if (found !== undefined && found.until > now) return found.canWrite;
    const canWrite = askPermission(connection, repo, login);
    if (known.size >= MAX_KNOWN) known.clear();
    known.set(key, { canWrite, until: now + FRESH_MS });
    canWrite.catch(() => known.delete(key));
    return canWrite;
  };
}

/** Who is not known there, or may not be asked about, steers nobody. */
async function askPermission(
  connection: Connection,
  repo: RepoName,
  login: string,
): Promise<boolean> {
  try {
    const what = `read what ${login} may do in ${repo}`;
    return await connection.call(what, repo, async (octokit, id) => {
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
