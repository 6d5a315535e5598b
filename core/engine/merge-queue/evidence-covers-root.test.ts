import { expect, test } from 'vitest';
import { evidenceCoversRoot } from './merge-front.ts';

const MOVED_ROOT = {
  evidenceRoot: 'r1',
  root: 'r2',
  strict: false,
  changedInRoot: ['src/other.ts'],
  changedByTask: ['src/own.ts'],
  shared: ['**/package-lock.json', 'docs/'],
};

test('evidence is valid for the same root commit, whatever paths have changed', () => {
  expect(
    evidenceCoversRoot({ ...MOVED_ROOT, root: 'r1', strict: true, changedInRoot: ['src/own.ts'] }),
  ).toBe(true);
});

test('evidence stays valid if root branch and task changed different paths', () => {
  expect(evidenceCoversRoot(MOVED_ROOT)).toBe(true);
});

test('a path that root branch and task both changed invalidates the evidence', () => {
  expect(evidenceCoversRoot({ ...MOVED_ROOT, changedInRoot: ['src/other.ts', 'src/own.ts'] })).toBe(
    false,
  );
});

test.each(['package-lock.json', 'web/package-lock.json', 'docs/guide.md'])(
  'a change of the shared path %s invalidates the evidence although the task did not change the path',
  (path) => {
    expect(evidenceCoversRoot({ ...MOVED_ROOT, changedInRoot: [path] })).toBe(false);
  },
);

test('strict mode accepts only evidence with the same root commit', () => {
  expect(evidenceCoversRoot({ ...MOVED_ROOT, strict: true, changedInRoot: [] })).toBe(false);
});
