import { expect, test } from 'vitest';
import type { Review } from '../../port/forge.ts';
import { buildReviewEvent } from './task-pull.ts';

const [OLD, HEAD] = ['a'.repeat(40), 'b'.repeat(40)];

function createReview(id: number, state: Review['state'], commit: string): Review {
  return {
    id,
    state,
    commit,
    author: 'ann',
    authorCanWrite: true,
    isBot: false,
    body: `said in ${id}`,
    at: id,
  };
}

function findEventType(reviews: Review[], seen: number): string | undefined {
  return buildReviewEvent(reviews, [], seen, HEAD)?.type;
}

test('ignores a review that was handled', () => {
  expect(findEventType([createReview(1, 'changes_requested', OLD)], 0)).toBe('changes_requested');
  expect(findEventType([createReview(1, 'changes_requested', OLD)], 1)).toBeUndefined();
});

test('a review about exactly this commit counts again', () => {
  expect(findEventType([createReview(1, 'changes_requested', HEAD)], 1)).toBe('changes_requested');
});

test('an approval of the commit ends the requested changes', () => {
  const reviews = [createReview(1, 'changes_requested', HEAD), createReview(2, 'approved', HEAD)];

  expect(findEventType(reviews, 1)).toBe('approved');
  expect(
    findEventType(
      [createReview(1, 'changes_requested', HEAD), createReview(2, 'approved', OLD)],
      1,
    ),
  ).not.toBe('approved');
});
