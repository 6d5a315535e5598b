import { AppError, isAppError } from '../../../core/base/app-error.ts';
import type { PullRequest, PullSpec, RepoName } from '../../../core/port/forge.ts';
import type { Connection } from '../create-connection.ts';
import { addNotReadyMark } from './not-ready-mark.ts';
import { findPull, readPull } from './pull.ts';

export async function ensurePull(
  connection: Connection,
  repo: RepoName,
  wanted: PullSpec,
): Promise<PullRequest> {
  const existing = await findPull(connection, repo, wanted);
  const pull = existing ?? (await createPull(connection, repo, wanted));
  const missingLabels = wanted.labels.filter((label) => !pull.labels.includes(label));
  if (missingLabels.length === 0) return pull;
  await connection.callForge(`label ${repo}#${pull.number}`, repo, (octokit, repoParams) =>
    octokit.rest.issues.addLabels({
      ...repoParams,
      issue_number: pull.number,
      labels: missingLabels,
    }),
  );
  return { ...pull, labels: [...pull.labels, ...missingLabels] };
}

async function createPull(
  connection: Connection,
  repo: RepoName,
  wanted: PullSpec,
): Promise<PullRequest> {
  try {
    return await postPull(connection, repo, wanted);
  } catch (error) {
    if (isAppError(error, 'conflict', 'pull_exists')) {
      const existing = await findPull(connection, repo, wanted);
      if (existing !== undefined) return existing;
    }
    if (!wanted.draft || !isAppError(error, 'refused', 'drafts_unsupported')) throw error;
    const title = addNotReadyMark(wanted.title);
    return postPull(connection, repo, { ...wanted, draft: false, title });
  }
}

async function postPull(
  connection: Connection,
  repo: RepoName,
  { head, base, title, body, draft }: PullSpec,
): Promise<PullRequest> {
  const number = await connection.callForge(
    `open a pull request from ${head} into ${base}`,
    repo,
    async (octokit, repoParams) => {
      const { data } = await octokit.rest.pulls.create({
        ...repoParams,
        head,
        base,
        title,
        body,
        draft,
      });
      return data.number;
    },
  );
  const pull = await readPull(connection, repo, number);
  if (pull.head !== head) {
    throw new AppError(
      'bug',
      'wrong_pull',
      `the forge opened a pull request from ${pull.head} instead of ${head}`,
    );
  }
  return pull;
}
