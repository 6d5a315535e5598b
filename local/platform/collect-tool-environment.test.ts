import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { collectToolEnvironment, collectToolFiles } from './collect-tool-environment.ts';
import { readPlatformSettings } from './platform-settings.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'smol-gang-home-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

describe('collectToolEnvironment', () => {
  test('passes listed variables only', () => {
    const env = {
      GOPROXY: 'https://go.example.com',
      AWS_SECRET_ACCESS_KEY: 'x',
      SSL_CERT_FILE: '',
    };

    expect(collectToolEnvironment(env, home)).toEqual({ GOPROXY: 'https://go.example.com' });
  });

  test('finds installed tool chains below HOME, unless the person names another folder', async () => {
    await mkdir(join(home, '.rustup'));
    await mkdir(join(home, '.nvm'));

    expect(collectToolEnvironment({ NVM_DIR: '/opt/nvm' }, home)).toEqual({
      RUSTUP_HOME: join(home, '.rustup'),
      NVM_DIR: '/opt/nvm',
    });
  });

  test('keeps local addresses away from a proxy', () => {
    const env = { https_proxy: 'http://proxy:8080', no_proxy: 'intranet,localhost' };

    const noProxy = 'intranet,localhost,127.0.0.1,::1';
    expect(collectToolEnvironment(env, home)).toEqual({
      https_proxy: 'http://proxy:8080',
      NO_PROXY: noProxy,
      no_proxy: noProxy,
    });
  });

  test('ignores npm settings that npm itself set for a script', () => {
    const env = { npm_config_registry: 'https://npm.example.com' };

    expect(collectToolEnvironment(env, home)).toEqual(env);
    expect(collectToolEnvironment({ ...env, npm_lifecycle_event: 'dev' }, home)).toEqual({});
  });
});

test('collects the addresses of private cargo registries, but not their tokens', () => {
  const env = {
    CARGO_REGISTRIES_ACME_INDEX: 'sparse+https://cargo.acme.example/',
    CARGO_REGISTRIES_ACME_TOKEN: 'secret',
  };

  expect(collectToolEnvironment(env, '/nonexistent')).toEqual({
    CARGO_REGISTRIES_ACME_INDEX: 'sparse+https://cargo.acme.example/',
  });
});

test('collects only the selected configuration files that exist', async () => {
  await mkdir(join(home, '.cargo'));
  await writeFile(join(home, '.cargo/config.toml'), '');
  await writeFile(join(home, '.npmrc'), '');

  expect(collectToolFiles(['cargo', 'pip'], home)).toEqual({
    '.cargo/config.toml': join(home, '.cargo/config.toml'),
  });
  expect(collectToolFiles([], home)).toEqual({});
});

test('TOOL_CONFIG_FILES selects files by name and rejects other names', () => {
  expect(readPlatformSettings({ TOOL_CONFIG_FILES: 'npm, pip' }, '/').toolConfigFiles).toEqual([
    'npm',
    'pip',
  ]);
  expect(() => readPlatformSettings({ TOOL_CONFIG_FILES: 'yarn' }, '/')).toThrow(
    /TOOL_CONFIG_FILES.*npm, cargo, pip, maven/,
  );
});
