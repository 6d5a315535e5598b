import { expect, test } from 'vitest';
import { resolveProgramPath } from './resolve-program-path.ts';

const NODE = '/app/node_modules/node/bin/node';

test('resolveProgramPath keeps the user’s folders in order and appends the folder of Node.js', () => {
  const path = resolveProgramPath('/home/me/.cargo/bin:/usr/bin:/bin', NODE);

  expect(path).toBe('/home/me/.cargo/bin:/usr/bin:/bin:/app/node_modules/node/bin');
});

test('resolveProgramPath removes the folders that npm adds for its scripts', () => {
  const npm = '/app/node_modules/.bin:/node_modules/.bin:/usr/lib/npm/lib/node-gyp-bin';

  expect(resolveProgramPath(`${npm}:/usr/bin`, NODE)).toBe('/usr/bin:/app/node_modules/node/bin');
});

test('resolveProgramPath returns undefined without a PATH', () => {
  expect(resolveProgramPath(undefined, NODE)).toBeUndefined();
  expect(resolveProgramPath('', NODE)).toBeUndefined();
});
