import { expect, test } from 'vitest';
import { parseMergeTree, parseRawDiff } from './parse-git-output.ts';

test('a raw difference is parsed into status, modes and blob ids', () => {
  const text =
    ':100644 100755 aa bb M\0a b\nc\0:000000 160000 00 cc A\0-lib\0:100644 000000 dd 00 D\0gone\0:100644 120000 ee 00 T\0link\0';

  expect(parseRawDiff(text)).toEqual([
    {
      path: 'a b\nc',
      status: 'M',
      oldMode: '100644',
      mode: '100755',
      oldBlob: 'aa',
      newBlob: 'bb',
    },
    { path: '-lib', status: 'A', oldMode: '000000', mode: '160000', oldBlob: '00', newBlob: 'cc' },
    { path: 'gone', status: 'D', oldMode: '100644', mode: '000000', oldBlob: 'dd', newBlob: '00' },
    { path: 'link', status: 'M', oldMode: '100644', mode: '120000', oldBlob: 'ee', newBlob: '00' },
  ]);
});

test('a merge with conflicts is parsed into tree, files and conflict messages', () => {
  const text = [
    'tree1',
    'list.txt',
    'list.txt',
    'gone.txt',
    '',
    '1\0list.txt\0Auto-merging\0Auto-merging list.txt\n',
    '1\0list.txt\0CONFLICT (contents)\0CONFLICT (content): Merge conflict in list.txt\n',
    '2\0gone.txt\0other\0CONFLICT (modify/delete)\0CONFLICT (modify/delete): gone.txt\n',
    '',
  ].join('\0');

  expect(parseMergeTree(text, false)).toEqual({
    isClean: false,
    tree: 'tree1',
    files: ['list.txt', 'gone.txt'],
    messages: 'CONFLICT (content): Merge conflict in list.txt\nCONFLICT (modify/delete): gone.txt',
  });
});

test('a clean merge is parsed into its tree, without files and messages', () => {
  const text = 'tree1\0\x001\0a\0Auto-merging\0Auto-merging a\n\0';

  expect(parseMergeTree(text, true)).toEqual({
    isClean: true,
    tree: 'tree1',
    files: [],
    messages: '',
  });
});
