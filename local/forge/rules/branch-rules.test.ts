import { describe, expect, test } from 'vitest';
import type { BranchRuleset } from './branch-rules.ts';
import { coversBranch, findMergeViolation, findWriteViolation } from './branch-rules.ts';

function ruleset(change: Partial<BranchRuleset>): BranchRuleset {
  return { enforcement: 'active', include: [], exclude: [], rules: [], ...change };
}

describe('coversBranch', () => {
  test.each([
    { include: ['~ALL'], branch: 'a/b', isCovered: true },
    { include: ['~DEFAULT_BRANCH'], branch: 'main', isCovered: true },
    { include: ['~DEFAULT_BRANCH'], branch: 'other', isCovered: false },
    { include: ['refs/heads/release/*'], branch: 'release/1', isCovered: true },
    { include: ['release/*'], branch: 'release/1', isCovered: true },
    { include: ['refs/tags/*'], branch: 'v1', isCovered: false },
    { include: [], branch: 'main', isCovered: false },
    { include: ['~ALL'], exclude: ['refs/heads/main'], branch: 'main', isCovered: false },
    { include: ['~ALL'], exclude: ['refs/heads/main'], branch: 'side', isCovered: true },
    { include: ['~ALL'], enforcement: 'evaluate', branch: 'main', isCovered: false },
    { include: ['~ALL'], enforcement: 'disabled', branch: 'main', isCovered: false },
  ])(
    'a ruleset with $include, except $exclude, enforcement $enforcement, covers $branch: $isCovered',
    ({ branch, isCovered, ...change }) => {
      expect(coversBranch(ruleset(change), branch, 'main')).toBe(isCovered);
    },
  );
});

const checksRule = {
  type: 'required_status_checks',
  parameters: { required_status_checks: [{ context: 'build' }, { context: 'lint' }] },
};

describe('findWriteViolation', () => {
  test.each([
    { type: 'creation', refused: ['create'] },
    { type: 'update', refused: ['update'] },
    { type: 'deletion', refused: ['delete'] },
    { type: 'pull_request', refused: ['update'] },
    { type: 'required_signatures', refused: ['create', 'update'] },
    { type: 'required_linear_history', refused: [] },
    { type: 'an_unknown_rule', refused: [] },
  ])('a rule of type $type refuses the writes $refused', ({ type, refused }) => {
    const writes = ['create', 'update', 'delete'] as const;
    expect(writes.filter((write) => findWriteViolation([{ type }], write) !== undefined)).toEqual(
      refused,
    );
  });

  test('a required check refuses an update but not a creation, and the message names the check', () => {
    expect(findWriteViolation([checksRule], 'create')).toBeUndefined();
    expect(findWriteViolation([checksRule], 'update')).toContain('"build"');
  });
});

describe('findMergeViolation', () => {
  const facts = { method: 'merge', approvals: 0, successfulChecks: new Set<string>() };

  test('an update rule refuses a merge', () => {
    expect(findMergeViolation([{ type: 'update' }], facts)).toContain('protected ref');
  });

  test('a linear history rule refuses a merge commit and allows a squash', () => {
    const rules = [{ type: 'required_linear_history' }];
    expect(findMergeViolation(rules, facts)).toContain('merge commits');
    expect(findMergeViolation(rules, { ...facts, method: 'squash' })).toBeUndefined();
  });

  test('a pull request rule refuses a merge until enough reviewers approve', () => {
    const rules = [{ type: 'pull_request', parameters: { required_approving_review_count: 2 } }];
    expect(findMergeViolation(rules, { ...facts, approvals: 1 })).toContain('At least 2');
    expect(findMergeViolation(rules, { ...facts, approvals: 2 })).toBeUndefined();
    expect(findMergeViolation([{ type: 'pull_request' }], facts)).toBeUndefined();
  });

  test('a merge is refused until all required checks succeed, and the message names the missing check', () => {
    const someSucceeded = { ...facts, successfulChecks: new Set(['build']) };
    const allSucceeded = { ...facts, successfulChecks: new Set(['build', 'lint']) };
    expect(findMergeViolation([checksRule], someSucceeded)).toContain('"lint"');
    expect(findMergeViolation([checksRule], allSucceeded)).toBeUndefined();
  });

  test('findMergeViolation reports the first violated rule', () => {
    expect(
      findMergeViolation([{ type: 'creation' }, checksRule, { type: 'update' }], facts),
    ).toContain('"build"');
  });
});
