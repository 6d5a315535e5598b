import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { listenOnLoopback } from '../../local/listen-on-loopback.ts';
import { waitForOutput } from '../support/process/platform-process.ts';
import type { TestWorkspace } from '../support/workspace/test-workspace.ts';
import { createTestWorkspace } from '../support/workspace/test-workspace.ts';

// What keeps a platform from starting is said in a sentence with what to do, and nothing is left behind.

const MODEL = { MODEL_BASE_URL: 'http://127.0.0.1:9/v1', MODEL_HEAVY: 'none' };

async function createWorkspace(): Promise<TestWorkspace> {
  const ground = await createTestWorkspace();
  onTestFinished(() => ground.remove());
  return ground;
}

async function readStartRefusal(
  ground: TestWorkspace,
  env: Record<string, string> = {},
): Promise<string> {
  const started = ground.start('local/main.ts', [], { env: { ...MODEL, ...env } });
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
] as const)('a taken port is told with its holder and %s', async (variable, name) => {
  const ground = await createWorkspace();
  const port = ground.ports[name];
  await occupyPort(port);

  const said = await readStartRefusal(ground);

  expect(said).toContain(`port ${port} is taken by process ${process.pid}`);
  expect(said).toContain(`set ${variable} to another port`);
  expect(said.trim().split('\n')).toHaveLength(1);
});

test('a port that is none is refused by its name', async () => {
  const ground = await createWorkspace();

  expect(await readStartRefusal(ground, { PORT: 'many' })).toMatch(/PORT/);
  expect(await readdir(ground.path)).not.toContain('data');
});

test('data of another version is refused and stays as it is', async () => {
  const ground = await createWorkspace();
  await mkdir(ground.dataDir);
  const version = join(ground.dataDir, 'version.json');
  await writeFile(version, '{"version":99}\n');

  const said = await readStartRefusal(ground);

  expect(said).toContain('holds data of version 99');
  expect(await readdir(ground.dataDir)).not.toContain('store');
  await ground.requireClean();
});

test('a second platform on the same data is refused, and the first goes on', async () => {
  const ground = await createWorkspace();
  const first = ground.start('local/main.ts', [], { env: MODEL });
  await waitForOutput(first, 'Without root an agent');

  const said = await readStartRefusal(ground, { PORT: '0', SMOL_FORGE_PORT: '0' });

  expect(said).toContain(`another smol-gang (process ${first.pid})`);
  expect(said).toContain('SMOL_DATA_DIR');
  const health = await fetch(`http://127.0.0.1:${ground.ports.api}/v1/health`);
  expect(await health.json()).toMatchObject({ status: 'ok' });
  first.kill('SIGTERM');
  expect(await first.exit).toBe(0);
  await ground.requireClean();
});

test('after kill -9 the next start takes the data over', async () => {
  const ground = await createWorkspace();
  const first = ground.start('local/main.ts', [], { env: MODEL });
  await waitForOutput(first, 'Without root an agent');
  first.kill('SIGKILL');
  await first.exit;

  const second = ground.start('local/main.ts', [], { env: MODEL });
  await waitForOutput(second, 'Without root an agent');

  second.kill('SIGINT');
  expect(await second.exit).toBe(130);
  await ground.requireClean();
});
