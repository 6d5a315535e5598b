import { expect, test } from 'vitest';
import { evidenceCoversRoot } from './merge-front.ts';

const MOVED_ROOT = {
  evidenceRoot: 'r1',
  root: 'r2',
  strict: false,
  gained: ['src/other.ts'],
  changed: ['src/own.ts'],
  shared: ['**/package-lock.json', 'docs/'],
};

test('evidence on the very root holds, whatever is shared', () => {
  expect(
    evidenceCoversRoot({ ...MOVED_ROOT, root: 'r1', strict: true, gained: ['src/own.ts'] }),
  ).toBe(true);
});

test('paths that do not meet leave it standing', () => {
  expect(evidenceCoversRoot(MOVED_ROOT)).toBe(true);
});

test('a path that both changed ends it', () => {
  expect(evidenceCoversRoot({ ...MOVED_ROOT, gained: ['src/other.ts', 'src/own.ts'] })).toBe(false);
});

test.each(['package-lock.json', 'web/package-lock.json', 'docs/guide.md'])(
  'the shared path %s ends it although the task never touched it',
  (path) => {
    expect(evidenceCoversRoot({ ...MOVED_ROOT, gained: [path] })).toBe(false);
  },
);

test('strictly, only the very root will do', () => {
  expect(evidenceCoversRoot({ ...MOVED_ROOT, strict: true, gained: [] })).toBe(false);
});
