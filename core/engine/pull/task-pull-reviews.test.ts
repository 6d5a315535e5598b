import { expect, test } from 'vitest';
import { createTaskStateFixture } from '../../../test/support/engine/engine-fixture.ts';
import type { Review, ReviewComment } from '../../port/forge.ts';
import { buildReviewEvent, repeatsUnchangedRepair } from './task-pull.ts';

const [OLD, HEAD] = ['a'.repeat(40), 'b'.repeat(40)];

type Author = 'ann' | 'ben' | 'cleo' | 'bot' | 'reader';
/** Review as text: its author, its state and the reviewed commit. */
type ReviewRow = `${Author} ${Review['state']} ${'OLD' | 'HEAD'}`;

/** Creates reviews with ids from 1, oldest first. The author `bot` is a bot, and `reader` has no write permission. */
function createReviews(rows: readonly ReviewRow[]): Review[] {
  return rows.map((row, index) => {
    const [author = '', state, commit] = row.split(' ');
    return {
      id: index + 1,
      author,
      state: state as Review['state'],
      commit: commit === 'HEAD' ? HEAD : OLD,
      authorCanWrite: author !== 'reader',
      isBot: author === 'bot',
      body: `text of review ${index + 1}`,
      at: index + 1,
    };
  });
}

/** Sequences of reviews with the resulting event; `handled` is the id of the newest handled review. */
const SEQUENCES: readonly {
  readonly name: string;
  readonly rows: readonly ReviewRow[];
  readonly handled?: number;
  readonly expected: 'approved' | 'changes_requested' | undefined;
}[] = [
  { name: 'no review', rows: [], expected: undefined },
  { name: 'an approval', rows: ['ann approved HEAD'], expected: 'approved' },
  { name: 'an approval of an older commit', rows: ['ann approved OLD'], expected: undefined },
  {
    name: 'an objection',
    rows: ['ann changes_requested HEAD'],
    expected: 'changes_requested',
  },
  {
    name: 'an unhandled objection to an older commit',
    rows: ['ann changes_requested OLD'],
    expected: 'changes_requested',
  },
  {
    name: 'a handled objection to an older commit',
    rows: ['ann changes_requested OLD'],
    handled: 1,
    expected: undefined,
  },
  {
    name: 'a handled objection to the accepted commit',
    rows: ['ann changes_requested HEAD'],
    handled: 1,
    expected: 'changes_requested',
  },
  {
    name: 'an objection and an approval by another reviewer',
    rows: ['ann changes_requested HEAD', 'ben approved HEAD'],
    expected: 'changes_requested',
  },
  {
    name: 'an approval and an objection by another reviewer',
    rows: ['ann approved HEAD', 'ben changes_requested HEAD'],
    expected: 'changes_requested',
  },
  {
    name: 'an objection followed by an approval of the same reviewer',
    rows: ['ann changes_requested HEAD', 'ann approved HEAD'],
    expected: 'approved',
  },
  {
    name: 'an approval followed by an objection of the same reviewer',
    rows: ['ann approved HEAD', 'ann changes_requested HEAD'],
    expected: 'changes_requested',
  },
  {
    name: 'an objection followed by an approval of an older commit by the same reviewer',
    rows: ['ann changes_requested HEAD', 'ann approved OLD'],
    expected: 'changes_requested',
  },
  {
    name: 'an objection to an older commit followed by an approval of that commit',
    rows: ['ann changes_requested OLD', 'ann approved OLD'],
    expected: undefined,
  },
  {
    name: 'an objection followed by a comment of the same reviewer',
    rows: ['ann changes_requested HEAD', 'ann commented HEAD'],
    expected: 'changes_requested',
  },
  {
    name: 'an approval followed by a comment of the same reviewer',
    rows: ['ann approved HEAD', 'ann commented HEAD'],
    expected: 'approved',
  },
  { name: 'a dismissed review', rows: ['ann dismissed HEAD'], expected: undefined },
  {
    name: 'a dismissed objection beside an approval',
    rows: ['ann dismissed HEAD', 'ben approved HEAD'],
    expected: 'approved',
  },
  {
    name: 'an approval before a dismissed review of the same reviewer',
    rows: ['ann approved HEAD', 'ann dismissed HEAD'],
    expected: undefined,
  },
  {
    name: 'an objection after a dismissed review of the same reviewer',
    rows: ['ann dismissed HEAD', 'ann changes_requested HEAD'],
    expected: 'changes_requested',
  },
  {
    name: 'an approval of the repaired commit by another reviewer',
    rows: ['ann changes_requested OLD', 'ben approved HEAD'],
    handled: 1,
    expected: 'approved',
  },
  {
    name: 'an approval that was given before the repair',
    rows: ['ben approved OLD', 'ann changes_requested OLD'],
    handled: 2,
    expected: undefined,
  },
  {
    name: 'a second objection that arrived during the repair of the first',
    rows: ['ann changes_requested OLD', 'ben changes_requested OLD'],
    handled: 1,
    expected: 'changes_requested',
  },
  {
    name: 'an objection of a reviewer without write permission',
    rows: ['ann approved HEAD', 'reader changes_requested HEAD'],
    expected: 'approved',
  },
  {
    name: 'an approval of a reviewer without write permission',
    rows: ['reader approved HEAD'],
    expected: undefined,
  },
  {
    name: 'an objection of a bot',
    rows: ['ann approved HEAD', 'bot changes_requested HEAD'],
    expected: 'approved',
  },
  { name: 'an approval of a bot', rows: ['bot approved HEAD'], expected: undefined },
];

test.each(SEQUENCES)('$name leads to $expected', ({ rows, handled = 0, expected }) => {
  expect(buildReviewEvent(createReviews(rows), [], handled, HEAD)?.type).toBe(expected);
});

test('an approval names the approved commit', () => {
  const event = buildReviewEvent(createReviews(['ann approved HEAD']), [], 0, HEAD);

  expect(event).toEqual({ type: 'approved', commit: HEAD });
});

test('a repair contains the objections of all reviewers with their names, and the newest id', () => {
  const reviews = createReviews([
    'ann changes_requested HEAD',
    'ben changes_requested OLD',
    'cleo approved HEAD',
  ]);

  expect(buildReviewEvent(reviews, [], 0, HEAD)).toMatchObject({
    repair: {
      reason: 'changes_requested',
      detail:
        'ann requested changes:\ntext of review 1\n\nben requested changes:\ntext of review 2',
    },
    lastHandledReview: 2,
  });
});

test('a repair contains the comments of writers around the first objection', () => {
  const comment: ReviewComment = {
    id: 9,
    author: 'ann',
    authorCanWrite: true,
    isBot: false,
    body: 'rename this',
    path: 'a.ts',
    line: 3,
    at: 1,
  };
  const comments = [comment, { ...comment, authorCanWrite: false, body: 'an unknown reader' }];
  const reviews = createReviews(['ann changes_requested HEAD']).map((review) => ({
    ...review,
    body: '',
  }));

  expect(buildReviewEvent(reviews, comments, 0, HEAD)).toMatchObject({
    repair: { detail: 'ann requested changes.\n\na.ts:3: rename this', files: ['a.ts'] },
  });
});

test('only a new objection continues after a repair without changes', () => {
  const reviews = createReviews(['ann changes_requested HEAD', 'ben changes_requested HEAD']);
  const unchanged = { ...createTaskStateFixture(), noChange: true as const, lastHandledReview: 2 };
  const event = buildReviewEvent(reviews, [], 2, HEAD);

  expect(repeatsUnchangedRepair(unchanged, event)).toBe(true);
  expect(repeatsUnchangedRepair({ ...unchanged, noChange: undefined }, event)).toBe(false);
  expect(repeatsUnchangedRepair({ ...unchanged, lastHandledReview: 1 }, event)).toBe(false);
});
