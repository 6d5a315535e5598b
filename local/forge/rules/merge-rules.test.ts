import { describe, expect, test } from 'vitest';
import type { MergeCall, MergeFacts } from './merge-rules.ts';
import {
  BASE_MODIFIED,
  decideOutcomeAfterRefusal,
  findMergeabilityRefusal,
  findMergeRefusal,
  toMergeableState,
} from './merge-rules.ts';

const facts: MergeFacts = {
  isOpen: true,
  isDraft: false,
  headSha: 'head',
  base: 'main',
  allowedMethods: ['merge', 'squash'],
  violation: undefined,
  isBaseCheckedOut: false,
};
const call: MergeCall = { sha: 'head', method: 'merge' };

describe('findMergeRefusal', () => {
  const cases: readonly (readonly [
    string,
    Partial<MergeFacts>,
    Partial<MergeCall>,
    { readonly status: number; readonly message: RegExp } | undefined,
  ])[] = [
    ['a merge of an open pull request is allowed', {}, {}, undefined],
    ['a merge without an expected head commit is allowed', {}, { sha: undefined }, undefined],
    [
      'a merge of a closed pull request is refused',
      { isOpen: false },
      {},
      refusal(405, /not mergeable/),
    ],
    [
      'a merge after the head moved is refused',
      { headSha: 'next' },
      {},
      refusal(409, /Head branch was modified/),
    ],
    ['a merge of a draft is refused', { isDraft: true }, {}, refusal(405, /still a draft/)],
    [
      'a merge by a method that is not allowed is refused',
      {},
      { method: 'rebase' },
      refusal(405, /Rebase merges/),
    ],
    [
      'the refusal contains the message of a violated rule',
      { violation: 'No.' },
      {},
      refusal(405, /violations found\n\nNo\./),
    ],
    [
      'a merge into a checked-out base branch is refused',
      { isBaseCheckedOut: true },
      {},
      refusal(405, /main is checked/),
    ],
    [
      'a closed pull request with a moved head is refused as closed',
      { isOpen: false, headSha: 'next' },
      {},
      refusal(405, /not mergeable/),
    ],
    [
      'a draft with a moved head is refused because of the head',
      { isDraft: true, headSha: 'next' },
      {},
      refusal(409, /Head branch/),
    ],
  ];

  test.each(cases)('%s', (_title, changedFacts, changedCall, expected) => {
    const mergeRefusal = findMergeRefusal(
      { ...facts, ...changedFacts },
      { ...call, ...changedCall },
    );
    expect(mergeRefusal?.status).toBe(expected?.status);
    expect(mergeRefusal?.message ?? '').toMatch(expected?.message ?? /^$/);
  });

  function refusal(status: number, message: RegExp) {
    return { status, message };
  }
});

test('findMergeabilityRefusal has different messages for unknown mergeability and for a conflict', () => {
  expect(findMergeabilityRefusal(true)).toBeUndefined();
  expect(findMergeabilityRefusal(null)).toEqual(BASE_MODIFIED);
  expect(findMergeabilityRefusal(false)?.message).toBe('Pull Request is not mergeable');
});

test.each([
  [false, null, 'unknown'],
  [true, null, 'unknown'],
  [true, false, 'dirty'],
  [true, true, 'draft'],
  [false, true, 'clean'],
])('the mergeable state for draft %s and mergeable %s is %s', (isDraft, mergeable, state) => {
  expect(toMergeableState(isDraft, mergeable)).toBe(state);
});

test('decideOutcomeAfterRefusal reports a moved head first, then an earlier merge, then the refusal', () => {
  const merged = { headSha: 'head', isMerged: true, mergeSha: 'merge' };
  expect(decideOutcomeAfterRefusal(merged, 'other', BASE_MODIFIED)).toEqual({ kind: 'headMoved' });
  expect(decideOutcomeAfterRefusal(merged, 'head', BASE_MODIFIED)).toEqual({
    kind: 'merged',
    sha: 'merge',
  });
  const open = { headSha: 'head', isMerged: false };
  expect(decideOutcomeAfterRefusal(open, 'head', BASE_MODIFIED)).toEqual({
    kind: 'notMergeable',
    message: BASE_MODIFIED.message,
  });
});
