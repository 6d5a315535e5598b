import { expect, test } from 'vitest';
import { parseDirtyPaths } from './local-repository.ts';

test('paths are read as git wrote them: spaces, quotes, renames', () => {
  const status = ' M src/a file.ts\0?? new "one".ts\0R  to.ts\0from.ts\0D  gone.ts\0';

  expect(parseDirtyPaths(status)).toEqual(['src/a file.ts', 'new "one".ts', 'to.ts', 'gone.ts']);
});

test('a clean tree has none', () => {
  expect(parseDirtyPaths('')).toEqual([]);
});
