import { expect, test } from 'vitest';
import { isGitPath, joinPaths, resolveGitPath, toDisplayPath, toGitPath } from './git-path.ts';

function createPath(...bytes: number[]) {
  const path = String.fromCharCode(...bytes);
  if (!isGitPath(path)) throw new Error('not a path');
  return path;
}

test.each(['a/b.txt', 'grün/日本.txt', 'emoji-😀', 'line\nbreak', 'back\\slash'])(
  'the UTF-8 path %j keeps its display form',
  (path) => {
    expect(toDisplayPath(toGitPath(path))).toBe(path);
  },
);

test('bytes that are not UTF-8 are displayed as octal escapes, next to decoded characters', () => {
  const [bad, name] = [Buffer.from('bad'), Buffer.from('grün')];

  expect(toDisplayPath(createPath(...bad, 0xff, ...name))).toBe('bad\\377grün');
  // A surrogate, an overlong slash and a sequence without its last byte.
  expect(toDisplayPath(createPath(0xed, 0xa0, 0x80))).toBe('\\355\\240\\200');
  expect(toDisplayPath(createPath(0xc0, 0xaf))).toBe('\\300\\257');
  expect(toDisplayPath(createPath(0xe2, 0x82))).toBe('\\342\\202');
});

test('paths that differ only in an invalid byte have different display forms', () => {
  expect(toDisplayPath(createPath(0xff))).not.toBe(toDisplayPath(createPath(0xfe)));
});

test('paths are passed to git and to the file system byte for byte', () => {
  const path = createPath(0x62, 0xff);

  expect(joinPaths([path, toGitPath('ü')])).toEqual(Buffer.from([0x62, 0xff, 0, 0xc3, 0xbc, 0]));
  expect(resolveGitPath('/w', path)).toEqual(Buffer.from([0x2f, 0x77, 0x2f, 0x62, 0xff]));
});

test('an empty text and a text with NUL are not paths', () => {
  expect(isGitPath('')).toBe(false);
  expect(isGitPath('a\0b')).toBe(false);
});
