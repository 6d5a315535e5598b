import { expect, test } from 'vitest';
import { resolveProgramPath } from './resolve-program-path.ts';

const NODE = '/app/node_modules/node/bin/node';

test('resolveProgramPath keeps the user’s folders in order and appends the folder of Node.js', () => {
  const path = resolveProgramPath('/home/me/.cargo/bin:/usr/bin:/bin', NODE, '/app');

  expect(path).toBe('/home/me/.cargo/bin:/usr/bin:/bin:/app/node_modules/node/bin');
});

test('resolveProgramPath removes the folders that npm adds for its scripts', () => {
  const npm = '/app/node_modules/.bin:/node_modules/.bin:/usr/lib/npm/lib/node-gyp-bin';

  expect(resolveProgramPath(`${npm}:/usr/bin`, NODE, '/app')).toBe(
    '/usr/bin:/app/node_modules/node/bin',
  );
});

test('resolveProgramPath returns undefined without a PATH', () => {
  expect(resolveProgramPath(undefined, NODE, '/app')).toBeUndefined();
  expect(resolveProgramPath('', NODE, '/app')).toBeUndefined();
});

test('resolveProgramPath keeps a node_modules/.bin folder that the user added', () => {
  const own = '/home/me/tools/node_modules/.bin';

  expect(resolveProgramPath(`/srv/app/node_modules/.bin:${own}`, NODE, '/srv/app')).toBe(
    `${own}:/app/node_modules/node/bin`,
  );
});
