import { expect, test } from 'vitest';
import { toGitPath } from './git-path.ts';
import { groupUncommitted } from './group-uncommitted.ts';

test('paths are grouped by top folder and cause, largest group first, with at most three examples', () => {
  const ignored = ['a', 'b', 'c', 'deep/d'].map((name) => ({
    path: toGitPath(`build/${name}`),
    cause: 'ignored' as const,
  }));
  const others = [
    { path: toGitPath('x.log'), cause: 'ignored' as const },
    { path: toGitPath('build/pipe'), cause: 'special_file' as const },
  ];

  expect(groupUncommitted([...others, ...ignored])).toEqual([
    {
      folder: 'build',
      count: 4,
      cause: 'ignored',
      examples: ['build/a', 'build/b', 'build/c'],
    },
    { folder: '.', count: 1, cause: 'ignored', examples: ['x.log'] },
    { folder: 'build', count: 1, cause: 'special_file', examples: ['build/pipe'] },
  ]);
});

test('at most 50 groups are returned', () => {
  const paths = Array.from({ length: 60 }, (_, index) => ({
    path: toGitPath(`folder${index}/file`),
    cause: 'ignored' as const,
  }));

  expect(groupUncommitted(paths)).toHaveLength(50);
});
