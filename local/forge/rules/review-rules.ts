import type { ValidationError } from './pull-rules.ts';

/** A review that an account is about to submit. */
export type SubmittedReview = {
  readonly event: 'APPROVE' | 'REQUEST_CHANGES' | 'COMMENT';
  readonly reviewer: string;
  readonly pullAuthor: string;
  readonly body: string;
  readonly commentCount: number;
};

/** Returns why a review may not be submitted; undefined: the review is accepted. */
export function findReviewRefusal(review: SubmittedReview): ValidationError | undefined {
  const { event, body } = review;
  if (event !== 'COMMENT' && review.reviewer === review.pullAuthor) {
    const verb = event === 'APPROVE' ? 'approve' : 'request changes on';
    return { message: `Can not ${verb} your own pull request` };
  }
  if (event !== 'APPROVE' && body === '' && review.commentCount === 0) {
    return { field: 'body', code: 'missing_field' };
  }
  return undefined;
}

/** A stored review. `state` is GitHub's state, such as `APPROVED`; a review with the state null does not count. */
export type ReviewSummary = {
  readonly author: string;
  readonly state: string | null;
  readonly authorCanWrite: boolean;
};

/**
 * Returns the number of reviewers with write permission whose last verdict is an approval. A comment is no verdict.
 * `reviews` are in the order of submission.
 */
export function countApprovals(reviews: readonly ReviewSummary[]): number {
  const verdicts = reviews.filter(({ state }) => state !== 'COMMENTED' && state !== null);
  const lastByAuthor = new Map(verdicts.map((review) => [review.author, review]));
  return [...lastByAuthor.values()].filter(
    ({ state, authorCanWrite }) => state === 'APPROVED' && authorCanWrite,
  ).length;
}
