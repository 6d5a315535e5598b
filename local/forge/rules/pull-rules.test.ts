import { describe, expect, test } from 'vitest';
import type { CreationFacts, PullSummary } from './pull-rules.ts';
import {
  choosePull,
  decideBaseChange,
  decideStateAfterBranchMove,
  findCreationRefusal,
  findDraftRefusal,
  findOpenPull,
  findReopenRefusal,
} from './pull-rules.ts';

const pull: PullSummary = { state: 'open', head: 'side', base: 'main', labels: [] };
const query = { head: 'side', base: 'main', labels: ['ours'] };

describe('choosePull', () => {
  const closed: PullSummary = { ...pull, state: 'closed' };
  const merged: PullSummary = { ...pull, state: 'merged' };
  const intoOtherBase: PullSummary = { ...pull, base: 'other', labels: ['ours', 'x'] };
  const cases: readonly (readonly [string, readonly PullSummary[], number | undefined])[] = [
    ['returns undefined without pull requests', [], undefined],
    ['prefers an open pull request to closed pull requests', [closed, pull, closed], 1],
    ['prefers a merged pull request to a newer closed pull request', [merged, closed], 0],
    ['prefers the newest merged pull request', [merged, merged, closed], 1],
    ['returns the newest closed pull request if no other exists', [closed, closed], 1],
    [
      'prefers a closed pull request to a labelled pull request into another base',
      [closed, intoOtherBase],
      0,
    ],
    ['returns a labelled open pull request into another base', [intoOtherBase], 0],
    [
      'ignores a pull request into another base that lacks the label of the query',
      [{ ...intoOtherBase, labels: ['x'] }],
      undefined,
    ],
    [
      'ignores a labelled closed pull request into another base',
      [{ ...intoOtherBase, state: 'closed' }],
      undefined,
    ],
    ['ignores a pull request from another head', [{ ...pull, head: 'other' }], undefined],
  ];

  test.each(cases)('%s', (_title, pulls, index) => {
    expect(choosePull(pulls, query)).toBe(index === undefined ? undefined : pulls[index]);
  });

  test('ignores a pull request into another base if the query has no labels', () => {
    expect(choosePull([intoOtherBase], { ...query, labels: [] })).toBeUndefined();
  });
});

test('findOpenPull returns the open pull request with the given head and base', () => {
  expect(findOpenPull([pull], 'side', 'main')).toBe(pull);
  expect(findOpenPull([pull], 'side', 'other')).toBeUndefined();
  expect(findOpenPull([{ ...pull, state: 'closed' }], 'side', 'main')).toBeUndefined();
});

describe('findCreationRefusal', () => {
  const facts: CreationFacts = {
    owner: 'acme',
    head: 'side',
    base: 'main',
    headSha: 'a',
    baseSha: 'b',
    headIsInBase: false,
    haveCommonHistory: true,
    hasOpenPull: false,
    isDraft: true,
    allowsDrafts: true,
  };

  test.each([
    ['allows a new pull request', {}, undefined],
    ['refuses a missing head', { headSha: undefined, baseSha: undefined }, 'head_missing'],
    ['refuses a missing base', { baseSha: undefined }, 'base_missing'],
    [
      'refuses a head without commits of its own',
      { headIsInBase: true, hasOpenPull: true },
      'no_commits',
    ],
    ['refuses unrelated branches', { haveCommonHistory: false }, 'no_common_history'],
    [
      'refuses if another pull request of the same branches is open',
      { hasOpenPull: true, allowsDrafts: false },
      'already_open',
    ],
    ['refuses a draft where drafts are off', { allowsDrafts: false }, 'drafts_unsupported'],
    [
      'allows a ready pull request where drafts are off',
      { allowsDrafts: false, isDraft: false },
      undefined,
    ],
  ] as const)('%s', (_title, change, kind) => {
    expect(findCreationRefusal({ ...facts, ...change })?.kind).toBe(kind);
  });

  test('names the branches in the error', () => {
    const inBase = findCreationRefusal({ ...facts, headIsInBase: true });
    expect(inBase?.error).toEqual({ message: 'No commits between main and side' });
    const open = findCreationRefusal({ ...facts, hasOpenPull: true });
    expect(open?.error).toEqual({ message: 'A pull request already exists for acme:side.' });
  });
});

test.each([
  ['allows a closed pull request', {}, undefined],
  [
    'refuses a merged pull request',
    { isMerged: true, headSha: undefined },
    'The pull request is merged.',
  ],
  ['refuses a deleted head', { headSha: undefined }, 'The branch was deleted.'],
  ['refuses a deleted base', { baseSha: undefined }, 'The branch was deleted.'],
  [
    'refuses if another pull request of the same branches is open',
    { hasOpenPull: true, headIsInBase: true },
    'There is already an open pull request.',
  ],
  [
    'refuses a head without new commits',
    { headIsInBase: true },
    'There are no new commits on the side branch.',
  ],
] as const)('findReopenRefusal %s', (_title, change, reason) => {
  const facts = {
    head: 'side',
    headSha: 'a',
    baseSha: 'b',
    headIsInBase: false,
    isMerged: false,
    hasOpenPull: false,
  };
  expect(findReopenRefusal({ ...facts, ...change })).toBe(reason);
});

test.each([
  ['allows a ready pull request to become a draft', {}, true, undefined],
  ['allows a draft to become ready', { isDraft: true }, false, undefined],
  ['refuses to make a draft a draft', { isDraft: true }, true, 'Pull request is already a draft'],
  ['refuses to make a ready pull request ready', {}, false, 'Pull request is not a draft'],
  ['refuses a closed pull request', { isOpen: false }, true, 'Pull request is closed'],
  ['refuses a closed draft', { isOpen: false, isDraft: true }, false, 'Pull request is closed'],
  [
    'refuses a draft where drafts are off',
    { allowsDrafts: false },
    true,
    'Draft pull requests are not supported in this repository.',
  ],
  [
    'allows a draft to become ready where drafts are off',
    { allowsDrafts: false, isDraft: true },
    false,
    undefined,
  ],
] as const)('findDraftRefusal %s', (_title, change, draft, reason) => {
  const facts = { isOpen: true, isDraft: false, allowsDrafts: true };
  expect(findDraftRefusal({ ...facts, ...change }, draft)).toBe(reason);
});

test.each([
  ['a moved branch leaves the pull request open', {}, undefined, 'open'],
  ['a deleted head closes the pull request', { headSha: undefined }, undefined, 'closed'],
  ['a deleted base keeps the pull request open', { baseSha: undefined }, undefined, 'open'],
  ['a deleted head closes the pull request', { headSha: undefined }, undefined, 'closed'],
  [
    'a deletion of both branches closes the pull request',
    { headSha: undefined, baseSha: undefined },
    undefined,
    'closed',
  ],
  [
    'a head without commits of its own closes the pull request',
    { headIsInBase: true },
    undefined,
    'closed',
  ],
  [
    'a pull request whose head is merged into the base is merged',
    { headIsInBase: true },
    'merge',
    'merged',
  ],
  [
    'a pull request with a merged and deleted head is merged',
    { headSha: undefined },
    'merge',
    'merged',
  ],
] as const)('%s', (_title, change, mergeSha, state) => {
  const relation = { headSha: 'a', baseSha: 'b', headIsInBase: false };
  expect(decideStateAfterBranchMove({ ...relation, ...change }, mergeSha)).toBe(state);
});

test.each([
  ['an existing other base is accepted', pull, 'other', {}, 'changed'],
  ['the same base has no effect', pull, 'main', {}, 'unchanged'],
  ['a missing base has no effect', pull, 'other', { baseExists: false }, 'unchanged'],
  [
    'a base with another open pull request closes this pull request',
    pull,
    'other',
    { hasOpenPull: true },
    'closed',
  ],
  ['a closed pull request keeps its base', { ...pull, state: 'closed' }, 'other', {}, 'unchanged'],
] as const)('changing the base: %s', (_title, changed, base, others, effect) => {
  const facts = { baseExists: true, hasOpenPull: false, ...others };
  expect(decideBaseChange(changed, base, facts)).toBe(effect);
});
