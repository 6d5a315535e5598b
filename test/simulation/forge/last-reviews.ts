import type { Review } from '../../../core/port/forge.ts';
import type { SimPull } from './forge-state.ts';

/** Lists the last review of a commit by each person with write permission. */
export function listLastReviews({ reviews }: SimPull, commit: string): Review[] {
  const lastReviews = new Map<string, Review>();
  for (const review of reviews)
    if (review.authorCanWrite && review.commit === commit) lastReviews.set(review.author, review);
  return [...lastReviews.values()];
}
