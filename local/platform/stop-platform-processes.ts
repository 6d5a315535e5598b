import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createProcessLauncher } from '../../adapters/process/create-process-launcher.ts';
import { findDataHolder } from './claim-data.ts';
import { getDataLayout } from './platform-settings.ts';

const STOP_TIMEOUT_MS = 20_000;
const ATTEMPT_GRACE_MS = 3_000;

/**
 * Stops the platform that uses a data folder, and then the attempts, which continue when only the platform stops. Returns a
 * description of each stopped platform or attempt.
 */
export async function stopPlatformProcesses(dataDir: string): Promise<string[]> {
  const stopped: string[] = [];
  const pid = await findDataHolder(dataDir);
  if (pid !== undefined) {
    await stopPlatform(pid, dataDir);
    stopped.push(`the platform (process ${pid})`);
  }
  const stateDir = join(getDataLayout(dataDir).launcher, 'pods');
  if (!existsSync(stateDir)) return stopped;
  // `bridgeEntry` may be empty, because this launcher starts no attempts.
  const options = {
    stateDir,
    bridgeEntry: '',
    now: Date.now,
    graceMs: ATTEMPT_GRACE_MS,
    sweepMs: 0,
  };
  const launcher = createProcessLauncher(options);
  const runningPods = (await launcher.list()).filter(({ state }) => state !== 'gone');
  await launcher.killAll();
  return [...stopped, ...runningPods.map(({ name }) => `the attempt ${name}`)];
}

async function stopPlatform(pid: number, dataDir: string): Promise<void> {
  process.kill(pid, 'SIGTERM');
  const deadline = Date.now() + STOP_TIMEOUT_MS;
  while ((await findDataHolder(dataDir)) !== undefined) {
    if (Date.now() > deadline) process.kill(pid, 'SIGKILL');
    await delay(50);
  }
}
