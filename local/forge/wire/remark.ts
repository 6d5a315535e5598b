import type { ForgeContext } from '../forge-context.ts';
import { isoSeconds } from '../git/read-commit.ts';
import type { RemarkRow, RepositoryRow } from '../store/row-schema.ts';
import { pullPageUrl } from './pull.ts';
import { authorAssociation, wireUser } from './user.ts';

export function wireReview(context: ForgeContext, repository: RepositoryRow, review: RemarkRow) {
  return {
    ...common(context, repository, review),
    state: review.state ?? 'COMMENTED',
    commit_id: review.commit_sha,
    submitted_at: isoSeconds(review.at),
  };
}

export function wireComment(context: ForgeContext, repository: RepositoryRow, comment: RemarkRow) {
  return {
    ...common(context, repository, comment),
    created_at: isoSeconds(comment.at),
    updated_at: isoSeconds(comment.at),
  };
}

export function wireLineComment(
  context: ForgeContext,
  repository: RepositoryRow,
  comment: RemarkRow,
) {
  return {
    ...wireComment(context, repository, comment),
    path: comment.path,
    line: comment.line,
    side: 'RIGHT',
    commit_id: comment.commit_sha,
    pull_request_review_id: comment.review,
  };
}

function common(context: ForgeContext, repository: RepositoryRow, remark: RemarkRow) {
  return {
    id: remark.id,
    node_id: `RM_${remark.id}`,
    user: wireUser(context, remark.author),
    author_association: authorAssociation(context, repository, remark.author),
    body: remark.body,
    html_url: `${pullPageUrl(context, repository, remark.number)}#remark-${remark.id}`,
  };
}
