import { isAppError } from '../../core/base/app-error.ts';
import type { RepoName, Sha } from '../../core/port/forge.ts';
import type { Connection } from './create-connection.ts';

const PAGE_SIZE = 100;

export async function readBranchHead(
  connection: Connection,
  repo: RepoName,
  branch: string,
): Promise<Sha | undefined> {
  try {
    return await connection.callForge(
      `read ${repo}@${branch}`,
      repo,
      async (octokit, repoParams) => {
        const { data } = await octokit.rest.git.getRef({ ...repoParams, ref: `heads/${branch}` });
        return data.object.sha;
      },
    );
  } catch (error) {
    if (isAppError(error, 'notFound')) return undefined;
    if (isAppError(error, 'conflict', 'repository_empty')) return undefined;
    throw error;
  }
}

export async function listBranches(
  connection: Connection,
  repo: RepoName,
  prefix: string,
): Promise<{ readonly name: string; readonly sha: Sha }[]> {
  return connection.callForge(`list branches of ${repo}`, repo, async (octokit, repoParams) => {
    const refs = await octokit.paginate(octokit.rest.git.listMatchingRefs, {
      ...repoParams,
      ref: `heads/${prefix}`,
      per_page: PAGE_SIZE,
    });
    return refs.map(({ ref, object }) => ({
      name: ref.slice('refs/heads/'.length),
      sha: object.sha,
    }));
  });
}

export async function ensureBranch(
  connection: Connection,
  repo: RepoName,
  branch: string,
  sha: Sha,
): Promise<Sha> {
  try {
    return await connection.callForge(
      `create ${repo}@${branch}`,
      repo,
      async (octokit, repoParams) => {
        const ref = `refs/heads/${branch}`;
        const { data } = await octokit.rest.git.createRef({ ...repoParams, ref, sha });
        return data.object.sha;
      },
    );
  } catch (error) {
    if (!isAppError(error, 'conflict')) throw error;
    // An earlier call or another writer created the branch, which stays unchanged.
    const head = await readBranchHead(connection, repo, branch);
    if (head === undefined) throw error;
    return head;
  }
}

export async function moveBranch(
  connection: Connection,
  repo: RepoName,
  branch: string,
  sha: Sha,
): Promise<'moved' | 'diverged'> {
  try {
    await connection.callForge(`move ${repo}@${branch}`, repo, (octokit, repoParams) =>
      octokit.rest.git.updateRef({ ...repoParams, ref: `heads/${branch}`, sha, force: false }),
    );
    return 'moved';
  } catch (error) {
    if (isAppError(error, 'conflict', 'not_fast_forward')) return 'diverged';
    throw error;
  }
}

export async function deleteBranch(
  connection: Connection,
  repo: RepoName,
  branch: string,
): Promise<void> {
  try {
    await connection.callForge(`delete ${repo}@${branch}`, repo, (octokit, repoParams) =>
      octokit.rest.git.deleteRef({ ...repoParams, ref: `heads/${branch}` }),
    );
  } catch (error) {
    if (!isAppError(error, 'notFound')) throw error;
  }
}

/**
 * Tries to merge `head` into `base` on a scratch branch. No other call uses this branch, so an existing scratch branch was left
 * by an interrupted call and is reset.
 */
export async function tryMerge(
  connection: Connection,
  repo: RepoName,
  base: Sha,
  head: Sha,
  scratchBranch: string,
): Promise<'clean' | 'conflict'> {
  await resetBranch(connection, repo, scratchBranch, base);
  try {
    await connection.callForge(`try a merge in ${repo}`, repo, (octokit, repoParams) =>
      octokit.rest.repos.merge({ ...repoParams, base: scratchBranch, head }),
    );
    return 'clean';
  } catch (error) {
    if (isAppError(error, 'conflict', 'merge_conflict')) return 'conflict';
    throw error;
  } finally {
    await deleteBranch(connection, repo, scratchBranch);
  }
}

async function resetBranch(
  connection: Connection,
  repo: RepoName,
  branch: string,
  sha: Sha,
): Promise<void> {
  if ((await ensureBranch(connection, repo, branch, sha)) === sha) return;
  await connection.callForge(`reset ${repo}@${branch}`, repo, (octokit, repoParams) =>
    octokit.rest.git.updateRef({ ...repoParams, ref: `heads/${branch}`, sha, force: true }),
  );
}
