import { expect, test } from 'vitest';
import type { Change, ScopeRules } from './sort-changes.ts';
import { flagChanges, sortChanges } from './sort-changes.ts';

function createChanges(...paths: string[]): Change[] {
  return paths.map((path) => ({ path, status: 'M' }));
}

const RULES: ScopeRules = {
  own: ['src/login/'],
  foreign: [
    { task: 'api', scope: ['src/api/**', 'src/login/shared.ts'] },
    { task: 'unknown', scope: [] },
  ],
  shared: ['package-lock.json'],
};

test('a change is left out only outside the own scope and inside a foreign scope', () => {
  const sorted = sortChanges(
    createChanges('src/login/a.ts', 'src/login/shared.ts', 'src/api/b.ts', 'docs/x.md'),
    RULES,
  );

  expect(sorted.commit.map((change) => change.path)).toEqual([
    'src/login/a.ts',
    'src/login/shared.ts',
    'docs/x.md',
  ]);
  expect(sorted.leftOut).toEqual([{ path: 'src/api/b.ts', status: 'M', task: 'api' }]);
});

test('shared paths are never left out, even in a foreign scope', () => {
  const rules = { ...RULES, foreign: [{ task: 'deps', scope: ['package-lock.json'] }] };

  expect(sortChanges(createChanges('package-lock.json'), rules).leftOut).toEqual([]);
});

test('a required path is committed even in a foreign scope', () => {
  const required = new Set(['src/api/b.ts']);

  expect(sortChanges(createChanges('src/api/b.ts'), RULES, required).leftOut).toEqual([]);
});

test('a task without a declared scope owns the whole repository', () => {
  const rules = { ...RULES, own: [] };

  expect(sortChanges(createChanges('src/api/b.ts'), rules).leftOut).toEqual([]);
  expect(flagChanges(createChanges('anything.txt'), rules, [])).toEqual([]);
});

test.each([
  ['docs/x.md', 'M', 'outside the scope of the task'],
  ['src/login/.ci/run', 'M', undefined],
  ['.github/workflows/x.yml', 'A', 'outside the scope of the task; changes CI'],
  [
    '.smol-gang.yaml',
    'M',
    'outside the scope of the task; changes how this repository is set up and verified',
  ],
  ['src/login/login.test.ts', 'D', 'deletes a test'],
  ['src/login/login.test.ts', 'M', undefined],
  ['src/login/contest.ts', 'D', undefined],
  ['package.json', 'M', 'outside the scope of the task; named in a verify command'],
  ['scripts/check.sh', 'M', 'outside the scope of the task; named in a verify command'],
] as const)('the change of %s (%s) is flagged: %s', (path, status, why) => {
  const verify = [
    ['npm', 'test'],
    ['sh', './scripts/check.sh'],
  ];

  const flagged = flagChanges([{ path, status }], RULES, verify);

  expect(flagged).toEqual(why === undefined ? [] : [{ path, why }]);
});
