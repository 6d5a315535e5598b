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
  ])('a ruleset of %o', ({ branch, isCovered, ...change }) => {
    expect(coversBranch(ruleset(change), branch, 'main')).toBe(isCovered);
  });
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
    { type: 'a_rule_of_tomorrow', refused: [] },
  ])('a $type rule refuses exactly $refused', ({ type, refused }) => {
    const writes = ['create', 'update', 'delete'] as const;
    expect(writes.filter((write) => findWriteViolation([{ type }], write) !== undefined)).toEqual(
      refused,
    );
  });

  test('a required check refuses an update and is named', () => {
    expect(findWriteViolation([checksRule], 'create')).toBeUndefined();
    expect(findWriteViolation([checksRule], 'update')).toContain('"build"');
  });
});

describe('findMergeViolation', () => {
  const facts = { method: 'merge', approvals: 0, successfulChecks: new Set<string>() };

  test('an update rule refuses every merge', () => {
    expect(findMergeViolation([{ type: 'update' }], facts)).toContain('protected ref');
  });

  test('a linear history refuses a merge commit and allows a squash', () => {
    const rules = [{ type: 'required_linear_history' }];
    expect(findMergeViolation(rules, facts)).toContain('merge commits');
    expect(findMergeViolation(rules, { ...facts, method: 'squash' })).toBeUndefined();
  });

  test('a pull request rule counts approvals', () => {
    const rules = [{ type: 'pull_request', parameters: { required_approving_review_count: 2 } }];
    expect(findMergeViolation(rules, { ...facts, approvals: 1 })).toContain('At least 2');
    expect(findMergeViolation(rules, { ...facts, approvals: 2 })).toBeUndefined();
    expect(findMergeViolation([{ type: 'pull_request' }], facts)).toBeUndefined();
  });

  test('a required check that did not succeed is named', () => {
    const partly = { ...facts, successfulChecks: new Set(['build']) };
    const all = { ...facts, successfulChecks: new Set(['build', 'lint']) };
    expect(findMergeViolation([checksRule], partly)).toContain('"lint"');
    expect(findMergeViolation([checksRule], all)).toBeUndefined();
  });

  test('the first broken rule is reported', () => {
    expect(
      findMergeViolation([{ type: 'creation' }, checksRule, { type: 'update' }], facts),
    ).toContain('"build"');
  });
});
