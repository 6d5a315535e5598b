import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { getDataLayout } from '../../../local/platform/platform-settings.ts';
import { stopPlatformProcesses } from '../../../local/platform/stop-platform-processes.ts';
import { createLauncherFixture, isProcessAlive } from '../../support/process/process-pods.ts';

test('stopPlatformProcesses ends attempts that outlived the platform of the data folder', async () => {
  const pods = await createLauncherFixture();
  onTestFinished(() => pods.close());
  const dataDir = await mkdtemp(join(tmpdir(), 'stop-data-'));
  onTestFinished(() => rm(dataDir, { recursive: true }));
  await mkdir(getDataLayout(dataDir).launcher);
  await symlink(pods.stateDir, join(getDataLayout(dataDir).launcher, 'pods'));
  const name = 'sg-left-behind';
  await pods.launcher().ensure({
    name,
    attemptId: 'p1-r1-t1-1',
    apiUrl: 'http://127.0.0.1:9',
    token: 'token',
    deadline: Date.now() + 60_000,
    labels: { plan: 'p1', run: '1', task: 't1', attempt: '1', repo: 'r' },
  });
  const { pid } = await pods.waitUntilReady(name);

  const stopped = await stopPlatformProcesses(dataDir);

  expect(stopped).toEqual([`the attempt ${name}`]);
  expect(await isProcessAlive(pid)).toBe(false);
  expect(await stopPlatformProcesses(dataDir)).toEqual([]);
});
