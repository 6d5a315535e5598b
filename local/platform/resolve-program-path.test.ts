import { expect, test } from 'vitest';
import { resolveProgramPath } from './resolve-program-path.ts';

const NODE = '/work/node_modules/node/bin/node';

test("keeps the person's folders in order, with our Node behind them", () => {
  const path = resolveProgramPath('/home/me/.cargo/bin:/usr/bin:/bin', NODE);

  expect(path).toBe('/home/me/.cargo/bin:/usr/bin:/bin:/work/node_modules/node/bin');
});

test('leaves out what npm put in front for its script', () => {
  const npm = '/work/node_modules/.bin:/node_modules/.bin:/usr/lib/npm/lib/node-gyp-bin';

  expect(resolveProgramPath(`${npm}:/usr/bin`, NODE)).toBe('/usr/bin:/work/node_modules/node/bin');
});

test('says nothing where there is no PATH', () => {
  expect(resolveProgramPath(undefined, NODE)).toBeUndefined();
  expect(resolveProgramPath('', NODE)).toBeUndefined();
});
