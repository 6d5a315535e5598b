import { expect, test } from 'vitest';
import { deriveRepositoryName } from './create-local-repository-linker.ts';

test.each([
  ['/home/ada/shop', 'shop'],
  ['/home/ada/shop/.git', 'shop'],
  ['/srv/git/shop.git', 'shop'],
  ['/home/ada/.dotfiles', 'dotfiles'],
  ['/home/ada/größe #1', 'gr--e--1'],
  ['/home/ada/...', 'repository'],
  [`/home/ada/${'x'.repeat(80)}`, 'x'.repeat(60)],
])('the repository in %s is named after %s', (path, folder) => {
  const name = deriveRepositoryName(path);

  expect(name).toMatch(/^local\/[\w-][\w.-]*-[0-9a-f]{6}$/);
  expect(name.slice('local/'.length, -'-123456'.length)).toBe(folder);
});
