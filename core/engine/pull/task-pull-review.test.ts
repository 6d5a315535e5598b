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
    body: `text of review ${id}`,
    at: id,
  };
}

function findEventType(reviews: Review[], lastHandled: number): string | undefined {
  return buildReviewEvent(reviews, [], lastHandled, HEAD)?.type;
}

test('ignores a handled review of an old commit', () => {
  expect(findEventType([createReview(1, 'changes_requested', OLD)], 0)).toBe('changes_requested');
  expect(findEventType([createReview(1, 'changes_requested', OLD)], 1)).toBeUndefined();
});

test('a handled review of the accepted commit counts again', () => {
  expect(findEventType([createReview(1, 'changes_requested', HEAD)], 1)).toBe('changes_requested');
});

test('only an approval of the accepted commit replaces requested changes', () => {
  const reviews = [createReview(1, 'changes_requested', HEAD), createReview(2, 'approved', HEAD)];

  expect(findEventType(reviews, 1)).toBe('approved');
  expect(
    findEventType(
      [createReview(1, 'changes_requested', HEAD), createReview(2, 'approved', OLD)],
      1,
    ),
  ).not.toBe('approved');
});
