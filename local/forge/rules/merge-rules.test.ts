import { describe, expect, test } from 'vitest';
import type { MergeFacts, MergeRequest } from './merge-rules.ts';
import {
  BASE_MODIFIED,
  findMergeabilityRefusal,
  findMergeRefusal,
  mergeableState,
  mergeOutcomeAfterRefusal,
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
const request: MergeRequest = { sha: 'head', method: 'merge' };

describe('findMergeRefusal', () => {
  const cases: readonly (readonly [
    string,
    Partial<MergeFacts>,
    Partial<MergeRequest>,
    { readonly status: number; readonly message: RegExp } | undefined,
  ])[] = [
    ['an open pull request is merged', {}, {}, undefined],
    ['a caller without an expected head merges', {}, { sha: undefined }, undefined],
    ['a closed pull request is refused', { isOpen: false }, {}, refusal(405, /not mergeable/)],
    ['a moved head is refused', { headSha: 'next' }, {}, refusal(409, /Head branch was modified/)],
    ['a draft is refused', { isDraft: true }, {}, refusal(405, /still a draft/)],
    ['a method that is off is refused', {}, { method: 'rebase' }, refusal(405, /Rebase merges/)],
    [
      'a violated rule is named',
      { violation: 'No.' },
      {},
      refusal(405, /violations found\n\nNo\./),
    ],
    [
      'a checked-out base is refused',
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
      'a draft with a moved head is refused for its head',
      { isDraft: true, headSha: 'next' },
      {},
      refusal(409, /Head branch/),
    ],
  ];

  test.each(cases)('%s', (_title, changedFacts, changedRequest, expected) => {
    const found = findMergeRefusal(
      { ...facts, ...changedFacts },
      { ...request, ...changedRequest },
    );
    expect(found?.status).toBe(expected?.status);
    expect(found?.message ?? '').toMatch(expected?.message ?? /^$/);
  });

  function refusal(status: number, message: RegExp) {
    return { status, message };
  }
});

test('unknown mergeability and a conflict refuse with different words', () => {
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
])('a pull request with draft %s and mergeable %s is %s', (isDraft, mergeable, state) => {
  expect(mergeableState(isDraft, mergeable)).toBe(state);
});

test('a client reports a moved head, then an earlier merge, then the refusal', () => {
  const merged = { headSha: 'head', isMerged: true, mergeSha: 'merge' };
  expect(mergeOutcomeAfterRefusal(merged, 'other', BASE_MODIFIED)).toEqual({ kind: 'headMoved' });
  expect(mergeOutcomeAfterRefusal(merged, 'head', BASE_MODIFIED)).toEqual({
    kind: 'merged',
    sha: 'merge',
  });
  const open = { headSha: 'head', isMerged: false };
  expect(mergeOutcomeAfterRefusal(open, 'head', BASE_MODIFIED)).toEqual({
    kind: 'notMergeable',
    message: BASE_MODIFIED.message,
  });
});
