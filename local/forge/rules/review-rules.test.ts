import { expect, test } from 'vitest';
import type { SubmittedReview } from './review-rules.ts';
import { countApprovals, findReviewRefusal } from './review-rules.ts';

const approval: SubmittedReview = {
  event: 'APPROVE',
  reviewer: 'ada',
  pullAuthor: 'grace',
  body: '',
  commentCount: 0,
};

test('a review other than an approval needs a body or a comment', () => {
  expect(findReviewRefusal(approval)).toBeUndefined();
  expect(findReviewRefusal({ ...approval, event: 'COMMENT' })).toMatchObject({ field: 'body' });
  const request: SubmittedReview = { ...approval, event: 'REQUEST_CHANGES' };
  expect(findReviewRefusal(request)).toMatchObject({ code: 'missing_field' });
  expect(findReviewRefusal({ ...request, body: 'Rename it' })).toBeUndefined();
  expect(findReviewRefusal({ ...request, commentCount: 1 })).toBeUndefined();
});

test('the author of a pull request may comment on it, but not approve it or request changes', () => {
  const own: SubmittedReview = { ...approval, reviewer: 'grace', body: 'x' };
  expect(findReviewRefusal(own)?.message).toContain('approve your own');
  expect(findReviewRefusal({ ...own, event: 'REQUEST_CHANGES' })?.message).toContain('changes on');
  expect(findReviewRefusal({ ...own, event: 'COMMENT' })).toBeUndefined();
});

test('countApprovals counts reviewers with write permission whose last verdict is an approval', () => {
  const review = (author: string, state: string | null, authorCanWrite = true) => ({
    author,
    state,
    authorCanWrite,
  });
  expect(countApprovals([])).toBe(0);
  expect(countApprovals([review('ada', 'APPROVED'), review('ada', 'COMMENTED')])).toBe(1);
  expect(countApprovals([review('ada', 'APPROVED'), review('ada', 'CHANGES_REQUESTED')])).toBe(0);
  expect(countApprovals([review('ada', 'CHANGES_REQUESTED'), review('ada', 'APPROVED')])).toBe(1);
  expect(countApprovals([review('ada', 'DISMISSED')])).toBe(0);
  expect(countApprovals([review('mallory', 'APPROVED', false)])).toBe(0);
  expect(countApprovals([review('ada', 'APPROVED'), review('grace', 'APPROVED')])).toBe(2);
});
