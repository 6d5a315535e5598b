import { describe, expect, test } from 'vitest';
import type { BranchRuleset } from './branch-rules.ts';
import { coversBranch, findMergeViolation, findWriteViolation } from './branch-rules.ts';

function createRuleset(change: Partial<BranchRuleset>): BranchRuleset {
  return { enforcement: 'active', include: [], exclude: [], rules: [], ...change };
}

describe('coversBranch', () => {
  test.each([
    ['every branch with ~ALL', { include: ['~ALL'] }, 'a/b', true],
    ['the default branch with ~DEFAULT_BRANCH', { include: ['~DEFAULT_BRANCH'] }, 'main', true],
    ['no other branch with ~DEFAULT_BRANCH', { include: ['~DEFAULT_BRANCH'] }, 'other', false],
    ['a full reference pattern', { include: ['refs/heads/release/*'] }, 'release/1', true],
    ['a pattern without refs/heads/', { include: ['release/*'] }, 'release/1', true],
    ['no branch with a pattern of tags', { include: ['refs/tags/*'] }, 'v1', false],
    ['no branch without patterns', { include: [] }, 'main', false],
    ['no excluded branch', { include: ['~ALL'], exclude: ['refs/heads/main'] }, 'main', false],
    [
      'a branch beside the excluded',
      { include: ['~ALL'], exclude: ['refs/heads/main'] },
      'x',
      true,
    ],
    ['no branch if only evaluated', { include: ['~ALL'], enforcement: 'evaluate' }, 'main', false],
    ['no branch if disabled', { include: ['~ALL'], enforcement: 'disabled' }, 'main', false],
  ])('a ruleset covers %s', (_title, change, branch, isCovered) => {
    expect(coversBranch(createRuleset(change), branch, 'main')).toBe(isCovered);
  });
});

const checksRule = {
  type: 'required_status_checks',
  parameters: { required_status_checks: [{ context: 'build' }, { context: 'lint' }] },
};

describe('findWriteViolation', () => {
  test.each([
    ['creation', ['create']],
    ['update', ['update']],
    ['deletion', ['delete']],
    ['pull_request', ['update']],
    ['required_signatures', ['create', 'update']],
    ['required_linear_history', []],
    ['an_unknown_rule', []],
  ])('a rule of type %s refuses exactly the writes %j', (type, refusedWrites) => {
    const writes = ['create', 'update', 'delete'] as const;
    expect(writes.filter((write) => findWriteViolation([{ type }], write) !== undefined)).toEqual(
      refusedWrites,
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
