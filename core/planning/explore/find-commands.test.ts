import { describe, expect, test } from 'vitest';
import type { RootFiles } from './find-commands.ts';
import { findCommands, listPackageManagers } from './find-commands.ts';

function createRootFiles(files: Record<string, string>): RootFiles {
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
      'the test script that npm init writes',
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
      'pytest by requirements',
      { 'requirements.txt': 'pytest==8' },
      ['python3 -m pip install -r requirements.txt'],
      ['python3 -m pytest -q'],
    ],
    [
      'pytest by uv',
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
      'two stacks at once',
      { 'package.json': NPM_MANIFEST, 'package-lock.json': '', 'go.mod': '' },
      ['npm ci'],
      ['npm test', 'go test ./...'],
    ],
    ['broken JSON', { 'package.json': '{' }, [], []],
    ['odd types', { 'package.json': '{"scripts": 5, "dependencies": []}' }, [], []],
    ['an empty repository', {}, [], []],
  ];

  test.each(cases)('%s', (_name, files, setup, verify) => {
    const found = findCommands(createRootFiles(files), undefined);

    expect(found.setup.map((command) => command.join(' '))).toEqual(setup);
    expect(found.verify.map((command) => command.join(' '))).toEqual(verify);
  });
});

test('findCommands prefers each field of the repository’s own file and names the sources', () => {
  const files = createRootFiles({ 'package.json': NPM_MANIFEST, 'package-lock.json': '' });

  const found = findCommands(files, { verify: [['make', 'check']] });

  expect(found.setup).toEqual([['npm', 'ci']]);
  expect(found.verify).toEqual([['make', 'check']]);
  expect(found.found).toBe('set-up `npm ci` (package.json); verify `make check` (.smol-gang.yaml)');
});

test('findCommands describes missing commands', () => {
  expect(findCommands(createRootFiles({}), undefined).found).toBe(
    'no set-up commands; no verify commands',
  );
  expect(findCommands(createRootFiles({}), { verify: [] }).found).toBe(
    'no set-up commands; no verify commands (.smol-gang.yaml)',
  );
});

test('listPackageManagers derives package managers from lockfiles', () => {
  expect(listPackageManagers(['a/yarn.lock', 'go.sum', 'b/yarn.lock', 'lock'])).toEqual([
    'go',
    'yarn',
  ]);
});
