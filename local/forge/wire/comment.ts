import type { ForgeContext } from '../forge-context.ts';
import { toIsoSeconds } from '../git/read-commit.ts';
import type { CommentRow, RepositoryRow } from '../store/row-schema.ts';
import { toPullPageUrl } from './pull.ts';
import { findAuthorAssociation, toUserJson } from './user.ts';

export function toReviewJson(context: ForgeContext, repository: RepositoryRow, review: CommentRow) {
  return {
    ...toSharedJson(context, repository, review),
    state: review.state ?? 'COMMENTED',
    commit_id: review.commit_sha,
    submitted_at: toIsoSeconds(review.at),
  };
}

export function toCommentJson(
  context: ForgeContext,
  repository: RepositoryRow,
  comment: CommentRow,
) {
  return {
    ...toSharedJson(context, repository, comment),
    created_at: toIsoSeconds(comment.at),
    updated_at: toIsoSeconds(comment.at),
  };
}

export function toLineCommentJson(
  context: ForgeContext,
  repository: RepositoryRow,
  comment: CommentRow,
) {
  return {
    ...toCommentJson(context, repository, comment),
    path: comment.path,
    line: comment.line,
    side: 'RIGHT',
    commit_id: comment.commit_sha,
    pull_request_review_id: comment.review,
  };
}

/** Prefix of the anchor on the page of a pull request, by kind. The anchor ends with the id of the review or comment. */
const ANCHOR_PREFIXES: Readonly<Record<CommentRow['kind'], string>> = {
  review: 'pullrequestreview-',
  line: 'discussion_r',
  comment: 'issuecomment-',
};

function toSharedJson(context: ForgeContext, repository: RepositoryRow, comment: CommentRow) {
  const page = toPullPageUrl(context, repository, comment.number);
  return {
    id: comment.id,
    node_id: `RM_${comment.id}`,
    user: toUserJson(context, comment.author),
    author_association: findAuthorAssociation(context, repository, comment.author),
    body: comment.body,
    html_url: `${page}#${ANCHOR_PREFIXES[comment.kind]}${comment.id}`,
  };
}
