import { expect, test } from 'vitest';
import { parseChanges } from './relate-commits.ts';

const OLD_SHA = 'a'.repeat(40);
const NEW_SHA = 'b'.repeat(40);

test('parseChanges combines the raw and numstat lines of changed, renamed, binary and removed files', () => {
  const text = [
    `:100644 100644 ${OLD_SHA} ${NEW_SHA} M`,
    'src/a file.ts',
    `:100644 100644 ${OLD_SHA} ${OLD_SHA} R100`,
    'old\tname.txt',
    'new.txt',
    `:000000 100644 ${OLD_SHA} ${NEW_SHA} A`,
    'image.png',
    `:100644 000000 ${OLD_SHA} ${NEW_SHA} D`,
    'gone.txt',
    '3\t1\tsrc/a file.ts',
    '0\t0\t',
    'old\tname.txt',
    'new.txt',
    '-\t-\timage.png',
    '0\t9\tgone.txt',
    '',
  ].join('\0');

  expect(parseChanges(text)).toEqual([
    { path: 'src/a file.ts', sha: NEW_SHA, status: 'modified', additions: 3, deletions: 1 },
    {
      path: 'new.txt',
      previousPath: 'old\tname.txt',
      sha: OLD_SHA,
      status: 'renamed',
      additions: 0,
      deletions: 0,
    },
    { path: 'image.png', sha: NEW_SHA, status: 'added', additions: 0, deletions: 0 },
    { path: 'gone.txt', sha: NEW_SHA, status: 'removed', additions: 0, deletions: 9 },
  ]);
});
