import type { ForgeContext } from '../forge-context.ts';
import { toIsoSeconds } from '../git/read-commit.ts';
import type { CommentRow, RepositoryRow } from '../store/row-schema.ts';
import { pullPageUrl } from './pull.ts';
import { authorAssociation, toUserJson } from './user.ts';

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

/** GitHub's anchors of a review, a line comment and a comment on the page of a pull request. */
const ANCHORS: Readonly<Record<CommentRow['kind'], string>> = {
  review: 'pullrequestreview-',
  line: 'discussion_r',
  comment: 'issuecomment-',
};

function toSharedJson(context: ForgeContext, repository: RepositoryRow, comment: CommentRow) {
  const page = pullPageUrl(context, repository, comment.number);
  return {
    id: comment.id,
    node_id: `RM_${comment.id}`,
    user: toUserJson(context, comment.author),
    author_association: authorAssociation(context, repository, comment.author),
    body: comment.body,
    html_url: `${page}#${ANCHORS[comment.kind]}${comment.id}`,
  };
}
