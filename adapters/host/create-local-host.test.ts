import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createLocalHost } from './create-local-host.ts';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'smol-gang-host-'));
  for (const name of ['sg-live', 'sg-ended']) {
    await mkdir(join(dataDir, 'pods', name), { recursive: true });
    await writeFile(join(dataDir, 'pods', name, 'log'), 'words');
  }
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

function collectGarbage(minutesLater: number, dryRun = false) {
  const now = () => Date.now() + minutesLater * 60_000;
  const host = createLocalHost({
    dataDir,
    podsDir: join(dataDir, 'pods'),
    logDays: 7,
    isolation: 'auto',
    programPath: undefined,
    toolEnvironment: {},
    toolFiles: {},
    home: dataDir,
    now,
  });
  return host.collectGarbage({ dryRun, keepPods: new Set(['sg-live']) });
}

test('removes folders of ended attempts and keeps folders of running attempts', async () => {
  expect(await collectGarbage(30, true)).toMatchObject([{ count: 1, bytes: 5 }]);
  expect(await readdir(join(dataDir, 'pods'))).toHaveLength(2);

  await collectGarbage(30);

  expect(await readdir(join(dataDir, 'pods'))).toEqual(['sg-live']);
});

test('reports the isolation of verification that the settings and the system allow', async () => {
  const detect = (isolation: 'auto' | 'namespaces' | 'processes') =>
    createLocalHost({
      dataDir,
      podsDir: dataDir,
      logDays: 7,
      isolation,
      programPath: undefined,
      toolEnvironment: {},
      toolFiles: {},
      home: dataDir,
      now: Date.now,
    }).detectVerifyIsolation();

  expect(await detect('processes')).toBe('processes');
  const detected = await detect('auto');
  expect(await detect('namespaces')).toBe(detected === 'namespaces' ? 'namespaces' : 'missing');
});

test('keeps a new folder, because the list of running pods may have been read before its pod started', async () => {
  expect(await collectGarbage(9)).toEqual([]);

  expect(await readdir(join(dataDir, 'pods'))).toHaveLength(2);
});

test('runs a program with the PATH and the settings of attempts, and without HOME and variables of the person', async () => {
  vi.stubEnv('SMOL_TEST_OF_THE_PERSON', 'x');
  const host = createLocalHost({
    dataDir,
    podsDir: dataDir,
    logDays: 7,
    isolation: 'auto',
    programPath: '/usr/bin:/bin',
    toolEnvironment: { GOPROXY: 'https://go.example' },
    toolFiles: {},
    home: dataDir,
    now: Date.now,
  });

  const run = await host.runInAttemptEnvironment(['env']);

  vi.unstubAllEnvs();
  expect(run?.exitCode).toBe(0);
  const lines = run?.output.split('\n') ?? [];
  expect(lines).toEqual(
    expect.arrayContaining(['PATH=/usr/bin:/bin', 'GOPROXY=https://go.example']),
  );
  expect(run?.output).not.toMatch(/SMOL_TEST_OF_THE_PERSON/);
  expect(lines).not.toContain(`HOME=${homedir()}`);
  expect(await host.runInAttemptEnvironment(['no-such-program'])).toBeUndefined();
  expect(await host.runInAttemptEnvironment(['sh', '-c', 'echo no >&2; exit 3'])).toEqual({
    exitCode: 3,
    output: 'no',
  });
});

test('lists the configuration files of the person that attempts do not get', async () => {
  const home = join(dataDir, 'home');
  await mkdir(join(home, '.cargo'), { recursive: true });
  await writeFile(join(home, '.npmrc'), '');
  await writeFile(join(home, '.cargo/config.toml'), '');
  const host = createLocalHost({
    dataDir,
    podsDir: dataDir,
    logDays: 7,
    isolation: 'auto',
    programPath: undefined,
    toolEnvironment: {},
    toolFiles: { '.npmrc': join(home, '.npmrc') },
    home,
    now: Date.now,
  });

  expect(host.listUnusedConfigFiles()).toEqual([{ name: 'cargo', path: '.cargo/config.toml' }]);
});
