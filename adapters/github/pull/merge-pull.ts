import { isAppError } from '../../../core/base/app-error.ts';
import type { MergeOutcome, RepoName, Sha } from '../../../core/port/forge.ts';
import type { Connection } from '../create-connection.ts';
import { readPull } from './pull.ts';

/** How to merge a pull request. GitHub rejects the merge unless the head of the pull request is `sha`. */
export type MergeOptions = {
  readonly sha: Sha;
  readonly title: string;
  readonly message: string;
  readonly method: 'merge' | 'squash';
};

/** Merges a pull request. After a refusal, reads the pull request, because an earlier call may already have succeeded. */
export async function mergePull(
  connection: Connection,
  repo: RepoName,
  number: number,
  merge: MergeOptions,
): Promise<MergeOutcome> {
  try {
    return await connection.callForge(
      `merge ${repo}#${number}`,
      repo,
      async (octokit, repoParams) => {
        const { data } = await octokit.rest.pulls.merge({
          ...repoParams,
          pull_number: number,
          sha: merge.sha,
          commit_title: merge.title,
          commit_message: merge.message,
          merge_method: merge.method,
        });
        return { kind: 'merged', sha: data.sha };
      },
    );
  } catch (error) {
    if (!isRefusedMerge(error)) throw error;
    const pull = await readPull(connection, repo, number);
    if (pull.headSha !== merge.sha) return { kind: 'headMoved' };
    if (pull.state === 'merged' && pull.mergeSha) return { kind: 'merged', sha: pull.mergeSha };
    return { kind: 'notMergeable', message: error.message };
  }
}

function isRefusedMerge(error: unknown): error is Error {
  return isAppError(error, 'conflict') || isAppError(error, 'refused', 'not_mergeable');
}
