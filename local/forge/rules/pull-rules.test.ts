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
  const elsewhere: PullSummary = { ...pull, base: 'other', labels: ['ours', 'x'] };
  const cases: readonly (readonly [string, readonly PullSummary[], number | undefined])[] = [
    ['no pull request', [], undefined],
    ['an open pull request', [closed, pull, closed], 1],
    ['a merged pull request before a newer closed one', [merged, closed], 0],
    ['the newest merged pull request', [merged, merged, closed], 1],
    ['the newest closed pull request', [closed, closed], 1],
    ['a closed pull request before a labelled one into another base', [closed, elsewhere], 0],
    ['a labelled open pull request into another base', [elsewhere], 0],
    ['no pull request with foreign labels', [{ ...elsewhere, labels: ['x'] }], undefined],
    ['no labelled closed pull request', [{ ...elsewhere, state: 'closed' }], undefined],
    ['no pull request of another head', [{ ...pull, head: 'other' }], undefined],
  ];

  test.each(cases)('chooses %s', (_title, pulls, index) => {
    expect(choosePull(pulls, query)).toBe(index === undefined ? undefined : pulls[index]);
  });

  test('chooses nothing by labels when the query has none', () => {
    expect(choosePull([elsewhere], { ...query, labels: [] })).toBeUndefined();
  });
});

test('findOpenPull compares head, base and state', () => {
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
    [{}, undefined],
    [{ headSha: undefined, baseSha: undefined }, 'head_missing'],
    [{ baseSha: undefined }, 'base_missing'],
    [{ headIsInBase: true, hasOpenPull: true }, 'no_commits'],
    [{ haveCommonHistory: false }, 'no_common_history'],
    [{ hasOpenPull: true, allowsDrafts: false }, 'already_open'],
    [{ allowsDrafts: false }, 'drafts_unsupported'],
    [{ allowsDrafts: false, isDraft: false }, undefined],
  ] as const)('facts changed by %o give %s', (change, kind) => {
    expect(findCreationRefusal({ ...facts, ...change })?.kind).toBe(kind);
  });

  test('the error names the branches', () => {
    const inBase = findCreationRefusal({ ...facts, headIsInBase: true });
    expect(inBase?.error).toEqual({ message: 'No commits between main and side' });
    const open = findCreationRefusal({ ...facts, hasOpenPull: true });
    expect(open?.error).toEqual({ message: 'A pull request already exists for acme:side.' });
  });
});

test.each([
  [{}, undefined],
  [{ isMerged: true, headSha: undefined }, 'The pull request is merged.'],
  [{ headSha: undefined }, 'The branch was deleted.'],
  [{ baseSha: undefined }, 'The branch was deleted.'],
  [{ hasOpenPull: true, headIsInBase: true }, 'There is already an open pull request.'],
  [{ headIsInBase: true }, 'There are no new commits on the side branch.'],
] as const)('reopening with %o is refused with %s', (change, reason) => {
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
  [{}, true, undefined],
  [{ isDraft: true }, false, undefined],
  [{ isDraft: true }, true, 'Pull request is already a draft'],
  [{}, false, 'Pull request is not a draft'],
  [{ isOpen: false }, true, 'Pull request is closed'],
  [{ isOpen: false, isDraft: true }, false, 'Pull request is closed'],
  [{ allowsDrafts: false }, true, 'Draft pull requests are not supported in this repository.'],
  [{ allowsDrafts: false, isDraft: true }, false, undefined],
] as const)('a pull request of %o may become draft %s unless %s', (change, draft, reason) => {
  const facts = { isOpen: true, isDraft: false, allowsDrafts: true };
  expect(findDraftRefusal({ ...facts, ...change }, draft)).toBe(reason);
});

test.each([
  [{}, undefined, 'open'],
  [{ headSha: undefined }, undefined, 'closed'],
  [{ baseSha: undefined }, undefined, 'closed'],
  [{ headIsInBase: true }, undefined, 'closed'],
  [{ headIsInBase: true }, 'merge', 'merged'],
  [{ headSha: undefined }, 'merge', 'merged'],
] as const)('branches of %o with merge %s leave a pull request %s', (change, mergeSha, state) => {
  const relation = { headSha: 'a', baseSha: 'b', headIsInBase: false };
  expect(decideStateAfterBranchMove({ ...relation, ...change }, mergeSha)).toBe(state);
});

test.each([
  ['another base', pull, 'other', {}, 'changed'],
  ['the same base', pull, 'main', {}, 'unchanged'],
  ['a missing base', pull, 'other', { baseExists: false }, 'unchanged'],
  ['a base with another open pull request', pull, 'other', { hasOpenPull: true }, 'closed'],
  ['a closed pull request', { ...pull, state: 'closed' }, 'other', {}, 'unchanged'],
] as const)('changing the base: %s', (_title, changed, base, others, effect) => {
  const facts = { baseExists: true, hasOpenPull: false, ...others };
  expect(decideBaseChange(changed, base, facts)).toBe(effect);
});
