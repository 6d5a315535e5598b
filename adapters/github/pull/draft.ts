import { isAppError } from '../../../core/base/app-error.ts';
import type { RepoName } from '../../../core/port/forge.ts';
import type { Connection } from '../create-connection.ts';
import { addNotReadyMark, hasNotReadyMark, removeNotReadyMark } from './not-ready-mark.ts';
import { patchPull, readRawPull } from './pull.ts';

type PullId = { readonly number: number; readonly nodeId: string };

const MARK_READY_MUTATION = `mutation($id: ID!) {
  markPullRequestReadyForReview(input: { pullRequestId: $id }) { pullRequest { isDraft } }
}`;
const MARK_DRAFT_MUTATION = `mutation($id: ID!) {
  convertPullRequestToDraft(input: { pullRequestId: $id }) { pullRequest { isDraft } }
}`;

export async function markReady(
  connection: Connection,
  repo: RepoName,
  pull: PullId,
): Promise<void> {
  const current = await readRawPull(connection, repo, pull.number);
  if (current.merged_at !== null) return;
  if (current.draft === true)
    await changeDraftState(connection, repo, pull, MARK_READY_MUTATION, false);
  if (!hasNotReadyMark(current.title)) return;
  await patchPull(connection, repo, pull.number, { title: removeNotReadyMark(current.title) });
}

/**
 * Converts a pull request to a draft. If the repository has no drafts, marks the title instead; the mark does not prevent a
 * merge.
 */
export async function markDraft(
  connection: Connection,
  repo: RepoName,
  pull: PullId,
): Promise<void> {
  const current = await readRawPull(connection, repo, pull.number);
  if (current.draft === true || hasNotReadyMark(current.title)) return;
  try {
    await changeDraftState(connection, repo, pull, MARK_DRAFT_MUTATION, true);
  } catch (error) {
    if (!isAppError(error, 'refused', 'drafts_unsupported')) throw error;
    await patchPull(connection, repo, pull.number, { title: addNotReadyMark(current.title) });
  }
}

/**
 * Changes the draft state. Ignores a refusal if the pull request already has this state: the response to an earlier call may have
 * been lost.
 */
async function changeDraftState(
  connection: Connection,
  repo: RepoName,
  pull: PullId,
  mutation: string,
  isDraft: boolean,
): Promise<void> {
  try {
    await connection.callForge(`change ${repo}#${pull.number}`, repo, (octokit) =>
      octokit.graphql(mutation, { id: pull.nodeId }),
    );
  } catch (error) {
    if (!isAppError(error, 'refused')) throw error;
    const current = await readRawPull(connection, repo, pull.number);
    if ((current.draft === true) !== isDraft) throw error;
  }
}
