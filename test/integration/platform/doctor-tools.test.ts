import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLocalHost } from '../../../adapters/host/create-local-host.ts';
import type { Host } from '../../../core/port/host.ts';
import { putRepository } from '../../../core/store/repository-store.ts';
import { checkAgent, checkConfigFiles, checkTools } from '../../../functions/doctor/check-tools.ts';
import { createMemoryTable } from '../../support/store/memory-table.ts';

let folder: string;
let host: Host;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'check-tools-'));
  host = createLocalHost({
    dataDir: folder,
    podsDir: folder,
    logDays: 7,
    isolation: 'auto',
    programPath: `${folder}:/usr/bin:/bin`,
    toolEnvironment: {},
    toolFiles: {},
    home: folder,
    now: Date.now,
  });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Installs a program. Another process writes the file, because the system does not run a file that a process can still write. */
function installProgram(name: string, script: string): void {
  execFileSync('sh', ['-c', 'cat > "$1" && chmod 755 "$1"', 'sh', join(folder, name)], {
    input: `#!/bin/sh\n${script}\n`,
  });
}

describe('checkAgent', () => {
  test('names the package of a missing agent', async () => {
    expect(await checkAgent(host, 'claude')).toMatchObject({
      state: 'failed',
      message: expect.stringContaining('npm i -g @agentclientprotocol/claude-agent-acp@'),
    });
  });

  test('accepts an installed agent and prints its version', async () => {
    installProgram('claude-agent-acp', 'echo 0.101.0');

    expect(await checkAgent(host, 'claude')).toMatchObject({
      state: 'ok',
      message: expect.stringContaining('0.101.0'),
    });
  });

  test('accepts the built-in agent, and rejects an unknown name', async () => {
    expect((await checkAgent(host, 'small')).state).toBe('ok');
    expect((await checkAgent(host, 'cloud')).state).toBe('failed');
  });
});

describe('checkTools', () => {
  const FACTS = { defaultBranch: 'main', createdAt: 1, createdBy: 'ada@example.com' };

  /** Links a repository that consists of empty files. */
  async function checkRepository(...paths: string[]) {
    const table = createMemoryTable();
    const name = 'acme/shop';
    await putRepository(table, { ...FACTS, id: 'r1', name, forge: 'local', url: 'http://h' });
    const entries = paths.map((path) => ({ path, type: 'file' as const, size: 0, mode: '100644' }));
    const forge = {
      readBranchHead: async () => 'a'.repeat(40),
      readTree: async () => ({ entries, truncated: false }),
    };
    return checkTools({ table, forges: { local: forge, github: forge } }, host);
  }

  test('checks git and the programs of the stacks of linked repositories', async () => {
    installProgram('cargo', 'echo "cargo 1.80.0"; echo more');

    const checks = await checkRepository('Cargo.toml', 'src/main.rs');

    expect(checks).toEqual([
      { name: 'tool git', state: 'ok', message: expect.stringContaining('git version') },
      { name: 'tool cargo', state: 'ok', message: 'cargo 1.80.0' },
    ]);
  });

  test('reports a program that fails without the home of the person, and a missing program', async () => {
    installProgram('cargo', 'test -e "$HOME/.rustup" || { echo "no toolchain" >&2; exit 1; }');

    const checks = await checkRepository('Cargo.toml', 'tools/pubspec.yaml');

    expect(checks.slice(1)).toMatchObject([
      { name: 'tool cargo', state: 'warning', message: expect.stringContaining('no toolchain') },
      { name: 'tool dart', state: 'warning', message: expect.stringContaining('acme/shop') },
    ]);
  });

  test('ignores manifests deep inside the repository', async () => {
    expect(await checkRepository('test/fixtures/a/Cargo.toml')).toHaveLength(1);
  });
});

test('doctor names the configuration files that attempts do not get, with the setting that selects them', async () => {
  expect(checkConfigFiles(host)).toEqual([]);

  await writeFile(join(folder, '.npmrc'), '');

  expect(checkConfigFiles(host)).toMatchObject([
    { state: 'ok', advice: expect.stringContaining('TOOL_CONFIG_FILES=npm;') },
  ]);
});
