import { expect, test } from 'vitest';
import { findCaseCollisions } from './find-case-collisions.ts';
import { toGitPath } from './git-path.ts';

test.each([
  [['README.md'], ['readme.md'], [{ path: 'readme.md', other: 'README.md' }]],
  [['src/a.ts'], ['Src/b.ts'], [{ path: 'Src/b.ts', other: 'src' }]],
  [['src/Größe.txt'], ['src/GRÖßE.txt'], [{ path: 'src/GRÖßE.txt', other: 'src/Größe.txt' }]],
  [['a/x'], ['b/X'], []],
  [['readme.md', 'README.md'], ['new.md'], []],
  [
    [],
    ['a.txt', 'A.txt'],
    [
      { path: 'a.txt', other: 'A.txt' },
      { path: 'A.txt', other: 'a.txt' },
    ],
  ],
])('beside %j, the added paths %j collide as %j', (existing, added, collisions) => {
  const addedPaths = added.map(toGitPath);

  expect(findCaseCollisions([...existing.map(toGitPath), ...addedPaths], addedPaths)).toEqual(
    collisions,
  );
});
