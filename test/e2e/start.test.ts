import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { listenOnLoopback } from '../../local/listen-on-loopback.ts';
import { waitForOutput } from '../support/process/platform-process.ts';
import type { TestWorkspace } from '../support/workspace/test-workspace.ts';
import { createTestWorkspace } from '../support/workspace/test-workspace.ts';

// A platform that cannot start prints the reason and the remedy on one line, and leaves no process or file behind.

const MODEL = { MODEL_BASE_URL: 'http://127.0.0.1:9/v1', MODEL_HEAVY: 'none' };

async function createWorkspace(): Promise<TestWorkspace> {
  const workspace = await createTestWorkspace();
  onTestFinished(() => workspace.remove());
  return workspace;
}

async function readStartRefusal(
  workspace: TestWorkspace,
  env: Record<string, string> = {},
): Promise<string> {
  const started = workspace.start('local/main.ts', [], { env: { ...MODEL, ...env } });
  expect(await started.exit).toBe(1);
  return started.stderr();
}

async function occupyPort(port: number): Promise<void> {
  const server = createServer();
  await listenOnLoopback(server, port);
  onTestFinished(() => {
    server.close();
  });
}

test.each([
  ['PORT', 'api'],
  ['SMOL_FORGE_PORT', 'forge'],
] as const)(
  'a taken port is reported with the process that uses the port and the variable %s',
  async (variable, name) => {
    const workspace = await createWorkspace();
    const port = workspace.ports[name];
    await occupyPort(port);

    const message = await readStartRefusal(workspace);

    expect(message).toContain(`port ${port} is taken by process ${process.pid}`);
    expect(message).toContain(`set ${variable} to another port`);
    expect(message.trim().split('\n')).toHaveLength(1);
  },
);

test('an invalid port is refused with the name of its variable', async () => {
  const workspace = await createWorkspace();

  expect(await readStartRefusal(workspace, { PORT: 'many' })).toMatch(/PORT/);
  expect(await readdir(workspace.path)).not.toContain('data');
});

test('data of another version is refused and stays unchanged', async () => {
  const workspace = await createWorkspace();
  await mkdir(workspace.dataDir);
  const version = join(workspace.dataDir, 'version.json');
  await writeFile(version, '{"version":99}\n');

  const message = await readStartRefusal(workspace);

  expect(message).toContain('holds data of version 99');
  expect(await readdir(workspace.dataDir)).not.toContain('store');
  await workspace.requireClean();
});

test('a second platform on the same data is refused, and the first keeps running', async () => {
  const workspace = await createWorkspace();
  const first = workspace.start('local/main.ts', [], { env: MODEL });
  await waitForOutput(first, 'Press Ctrl+C to stop');

  const message = await readStartRefusal(workspace, { PORT: '0', SMOL_FORGE_PORT: '0' });

  expect(message).toContain(`another smol-gang (process ${first.pid})`);
  expect(message).toContain('SMOL_DATA_DIR');
  const health = await fetch(`http://127.0.0.1:${workspace.ports.api}/v1/health`);
  expect(await health.json()).toMatchObject({ status: 'ok' });
  first.kill('SIGTERM');
  expect(await first.exit).toBe(0);
  await workspace.requireClean();
});

test('a start after kill -9 takes over the data', async () => {
  const workspace = await createWorkspace();
  const first = workspace.start('local/main.ts', [], { env: MODEL });
  await waitForOutput(first, 'Press Ctrl+C to stop');
  first.kill('SIGKILL');
  await first.exit;

  const second = workspace.start('local/main.ts', [], { env: MODEL });
  await waitForOutput(second, 'Press Ctrl+C to stop');

  second.kill('SIGINT');
  expect(await second.exit).toBe(130);
  await workspace.requireClean();
});
