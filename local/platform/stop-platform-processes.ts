import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createProcessLauncher } from '../../adapters/process/create-process-launcher.ts';
import { findDataHolder } from './claim-data.ts';
import { getDataLayout } from './platform-settings.ts';

const STOP_TIMEOUT_MS = 20_000;
const ATTEMPT_GRACE_MS = 3_000;

/**
 * Stops the platform that uses a data folder, and its attempts, which would outlive the platform. Returns a description of each
 * stopped process.
 */
export async function stopPlatformProcesses(dataDir: string): Promise<string[]> {
  const stoppedPlatform: string[] = [];
  const pid = await findDataHolder(dataDir);
  if (pid !== undefined) {
    await stopPlatform(pid, dataDir);
    stoppedPlatform.push(`the platform (process ${pid})`);
  }
  const stateDir = join(getDataLayout(dataDir).launcher, 'pods');
  if (!existsSync(stateDir)) return stoppedPlatform;
  // The launcher only stops attempts here, so no bridge program is necessary.
  const options = {
    stateDir,
    bridgeEntry: '',
    now: Date.now,
    graceMs: ATTEMPT_GRACE_MS,
    sweepMs: 0,
  };
  const launcher = createProcessLauncher(options);
  const running = (await launcher.list()).filter(({ state }) => state !== 'gone');
  await launcher.killAll();
  return [...stoppedPlatform, ...running.map(({ name }) => `the attempt ${name}`)];
}

async function stopPlatform(pid: number, dataDir: string): Promise<void> {
  process.kill(pid, 'SIGTERM');
  const deadline = Date.now() + STOP_TIMEOUT_MS;
  while ((await findDataHolder(dataDir)) !== undefined) {
    if (Date.now() > deadline) process.kill(pid, 'SIGKILL');
    await delay(50);
  }
}
