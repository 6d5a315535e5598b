import { expect, test } from 'vitest';
import { parseDirtyPaths } from './local-repository.ts';

test('parseDirtyPaths keeps spaces and quotes in paths and returns the new path of a rename', () => {
  const status = ' M src/a file.ts\0?? new "one".ts\0R  to.ts\0from.ts\0D  gone.ts\0';

  expect(parseDirtyPaths(status)).toEqual(['src/a file.ts', 'new "one".ts', 'to.ts', 'gone.ts']);
});

test('parseDirtyPaths returns no path for a clean work tree', () => {
  expect(parseDirtyPaths('')).toEqual([]);
});
