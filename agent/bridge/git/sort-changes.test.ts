import { expect, test } from 'vitest';
import { toGitPath } from './git-path.ts';
import type { Change, ScopeRules } from './sort-changes.ts';
import { sortChanges } from './sort-changes.ts';

function createChanges(...paths: string[]): Change[] {
  return paths.map((path) => ({ path: toGitPath(path), status: 'M' }));
}

const RULES: ScopeRules = {
  own: ['src/login/'],
  foreign: [
    { task: 'api', scope: ['src/api/**', 'src/login/shared.ts'] },
    { task: 'unknown', scope: [] },
  ],
  shared: ['package-lock.json'],
};

test('a change is left out only if its path is outside the scope of the task and inside the scope of another task', () => {
  const sorted = sortChanges(
    createChanges('src/login/a.ts', 'src/login/shared.ts', 'src/api/b.ts', 'docs/x.md'),
    RULES,
  );

  expect(sorted.toCommit.map((change) => change.path)).toEqual([
    'src/login/a.ts',
    'src/login/shared.ts',
    'docs/x.md',
  ]);
  expect(sorted.leftOut).toEqual([{ path: 'src/api/b.ts', status: 'M', task: 'api' }]);
});

test('a shared path is never left out, even inside the scope of another task', () => {
  const rules = { ...RULES, foreign: [{ task: 'deps', scope: ['package-lock.json'] }] };

  expect(sortChanges(createChanges('package-lock.json'), rules).leftOut).toEqual([]);
});

test('a path in `alwaysCommit` is committed, even inside the scope of another task', () => {
  const alwaysCommit = new Set([toGitPath('src/api/b.ts')]);

  expect(sortChanges(createChanges('src/api/b.ts'), RULES, alwaysCommit).leftOut).toEqual([]);
});

test('a task without a declared scope owns the whole repository', () => {
  const rules = { ...RULES, own: [] };

  expect(sortChanges(createChanges('src/api/b.ts'), rules).leftOut).toEqual([]);
});
