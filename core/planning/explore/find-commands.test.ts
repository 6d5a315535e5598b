import { describe, expect, test } from 'vitest';
import type { TreeFiles } from './find-commands.ts';
import { findCommands, listPackageManagers } from './find-commands.ts';

function createTreeFiles(files: Record<string, string>): TreeFiles {
  return { paths: new Set(Object.keys(files)), texts: new Map(Object.entries(files)) };
}

const NPM_MANIFEST = JSON.stringify({
  scripts: { test: 'node --test' },
  dependencies: { hono: '4' },
});

describe('findCommands derives the commands of', () => {
  const cases: [string, Record<string, string>, string[], string[]][] = [
    ['npm', { 'package.json': NPM_MANIFEST, 'package-lock.json': '' }, ['npm ci'], ['npm test']],
    [
      'npm without a lockfile',
      { 'package.json': NPM_MANIFEST },
      ['npm install --no-package-lock'],
      ['npm test'],
    ],
    [
      'npm without dependencies',
      { 'package.json': '{"scripts":{"test":"node --test"}}' },
      [],
      ['npm test'],
    ],
    [
      'npm with the placeholder test script of npm init',
      { 'package.json': '{"scripts":{"test":"echo \\"Error: no test specified\\" && exit 1"}}' },
      [],
      [],
    ],
    [
      'pnpm',
      { 'package.json': NPM_MANIFEST, 'pnpm-lock.yaml': '' },
      ['pnpm install --frozen-lockfile'],
      ['pnpm test'],
    ],
    [
      'yarn 4',
      { 'package.json': NPM_MANIFEST, 'yarn.lock': '', '.yarnrc.yml': '' },
      ['yarn install --immutable'],
      ['yarn test'],
    ],
    ['Go', { 'go.mod': '', 'go.sum': '' }, ['go mod download'], ['go test ./...']],
    ['Rust', { 'Cargo.toml': '' }, ['cargo fetch'], ['cargo test']],
    [
      'pytest in requirements.txt',
      { 'requirements.txt': 'pytest==8' },
      ['python3 -m pip install -r requirements.txt'],
      ['python3 -m pytest -q'],
    ],
    [
      'pytest with uv',
      { 'pyproject.toml': '[tool.pytest.ini_options]', 'uv.lock': '' },
      ['uv sync'],
      ['uv run pytest -q'],
    ],
    ['Python without tests', { 'pyproject.toml': '' }, ['python3 -m pip install -e .'], []],
    ['Maven', { 'pom.xml': '' }, [], ['mvn -q test']],
    ['Gradle with its wrapper', { 'build.gradle.kts': '', gradlew: '' }, [], ['./gradlew test']],
    ['make', { Makefile: 'all:\n\ntest: all\n\t./run\n' }, [], ['make test']],
    ['make without a test target', { Makefile: 'test := 1\nall:\n' }, [], []],
    [
      'make beside a manifest without tests',
      { 'package.json': '{}', Makefile: 'test:\n' },
      [],
      ['make test'],
    ],
    [
      'a repository with two stacks',
      { 'package.json': NPM_MANIFEST, 'package-lock.json': '', 'go.mod': '' },
      ['npm ci'],
      ['npm test', 'go test ./...'],
    ],
    ['a package.json that is not JSON', { 'package.json': '{' }, [], []],
    [
      'a package.json with fields of the wrong type',
      { 'package.json': '{"scripts": 5, "dependencies": []}' },
      [],
      [],
    ],
    ['an empty repository', {}, [], []],
  ];

  test.each(cases)('%s', (_name, files, setup, verify) => {
    const commands = findCommands(createTreeFiles(files), undefined);

    expect(commands.setup.map((command) => command.join(' '))).toEqual(setup);
    expect(commands.verify.map((command) => command.join(' '))).toEqual(verify);
  });
});

test('findCommands prefers the fields of .smol-gang.yaml and names the source of each command', () => {
  const files = createTreeFiles({ 'package.json': NPM_MANIFEST, 'package-lock.json': '' });

  const commands = findCommands(files, { verify: [['make', 'check']] });

  expect(commands.setup).toEqual([['npm', 'ci']]);
  expect(commands.verify).toEqual([['make', 'check']]);
  expect(commands.description).toBe(
    'set-up `npm ci` (package.json); verify `make check` (.smol-gang.yaml)',
  );
});

test('findCommands mentions missing commands in the description', () => {
  expect(findCommands(createTreeFiles({}), undefined).description).toBe(
    'no set-up commands; no verify commands',
  );
  expect(findCommands(createTreeFiles({}), { verify: [] }).description).toBe(
    'no set-up commands; no verify commands (.smol-gang.yaml)',
  );
});

test('listPackageManagers derives package managers from lockfiles', () => {
  expect(listPackageManagers(['a/yarn.lock', 'go.sum', 'b/yarn.lock', 'lock'])).toEqual([
    'go',
    'yarn',
  ]);
});
