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

test('evidence with the same root holds for all shared paths', () => {
  expect(
    evidenceCoversRoot({ ...MOVED_ROOT, root: 'r1', strict: true, gained: ['src/own.ts'] }),
  ).toBe(true);
});

test('disjoint paths keep the evidence valid', () => {
  expect(evidenceCoversRoot(MOVED_ROOT)).toBe(true);
});

test('a path that both sides changed invalidates the evidence', () => {
  expect(evidenceCoversRoot({ ...MOVED_ROOT, gained: ['src/other.ts', 'src/own.ts'] })).toBe(false);
});

test.each(['package-lock.json', 'web/package-lock.json', 'docs/guide.md'])(
  'the shared path %s ends it although the task never touched it',
  (path) => {
    expect(evidenceCoversRoot({ ...MOVED_ROOT, gained: [path] })).toBe(false);
  },
);

test('strict mode accepts only the same root', () => {
  expect(evidenceCoversRoot({ ...MOVED_ROOT, strict: true, gained: [] })).toBe(false);
});
