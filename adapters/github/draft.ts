import { isAppError } from '../../core/error.ts';
import type { RepoName } from '../../core/port/forge.ts';
import type { Connection } from './connection.ts';
import { addMark, hasMark, removeMark } from './not-ready.ts';
import { patchPull, readRawPull } from './pull.ts';

type PullId = { number: number; nodeId: string };

const READY = `mutation($id: ID!) {
  markPullRequestReadyForReview(input: { pullRequestId: $id }) { pullRequest { isDraft } }
}`;
const DRAFT = `mutation($id: ID!) {
  convertPullRequestToDraft(input: { pullRequestId: $id }) { pullRequest { isDraft } }
}`;

export async function markReady(
  connection: Connection,
  repo: RepoName,
  pull: PullId,
): Promise<void> {
  const current = await readRawPull(connection, repo, pull.number);
  if (current.merged_at !== null) return;
  if (current.draft === true) await mutate(connection, repo, pull, READY, false);
  if (!hasMark(current.title)) return;
  await patchPull(connection, repo, pull.number, { title: removeMark(current.title) });
}

/** Where drafts are refused only the title says so, and nothing keeps a person or a late call from merging it. */
export async function markDraft(
  connection: Connection,
  repo: RepoName,
  pull: PullId,
): Promise<void> {
  const current = await readRawPull(connection, repo, pull.number);
  if (current.draft === true || hasMark(current.title)) return;
  try {
    await mutate(connection, repo, pull, DRAFT, true);
  } catch (error) {
    if (!isAppError(error, 'refused', 'drafts_unsupported')) throw error;
    await patchPull(connection, repo, pull.number, { title: addMark(current.title) });
  }
}

/** A refusal of what is so already (an earlier call's answer was lost) is no failure. */
async function mutate(
  connection: Connection,
  repo: RepoName,
  pull: PullId,
  query: string,
  draft: boolean,
): Promise<void> {
  try {
    await connection.call(`change ${repo}#${pull.number}`, repo, (octokit) =>
      octokit.graphql(query, { id: pull.nodeId }),
    );
  } catch (error) {
    if (!isAppError(error, 'refused')) throw error;
    const current = await readRawPull(connection, repo, pull.number);
    if ((current.draft === true) !== draft) throw error;
  }
}
