import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createProcessLauncher } from '../../adapters/process/create-process-launcher.ts';
import { findHolder } from './claim-data.ts';
import { getDataLayout } from './platform-settings.ts';

const STOP_TIMEOUT_MS = 20_000;
const GRACE_MS = 3_000;

/** Ends the platform that runs on this data, then the attempts, which outlive it; answers what there was to end. */
export async function stopData(dataDir: string): Promise<string[]> {
  const stopped: string[] = [];
  const pid = await findHolder(dataDir);
  if (pid !== undefined) {
    await stopPlatform(pid, dataDir);
    stopped.push(`the platform (process ${pid})`);
  }
  const stateDir = join(getDataLayout(dataDir).launcher, 'pods');
  if (!existsSync(stateDir)) return stopped;
  // It starts nothing, so the bridge's entry is of no use here.
  const options = { stateDir, bridgeEntry: '', now: Date.now, graceMs: GRACE_MS, sweepMs: 0 };
  const launcher = createProcessLauncher(options);
  const running = (await launcher.list()).filter(({ state }) => state !== 'gone');
  await launcher.killAll();
  return [...stopped, ...running.map(({ name }) => `the attempt ${name}`)];
}

async function stopPlatform(pid: number, dataDir: string): Promise<void> {
  process.kill(pid, 'SIGTERM');
  const end = Date.now() + STOP_TIMEOUT_MS;
  while ((await findHolder(dataDir)) !== undefined) {
    if (Date.now() > end) process.kill(pid, 'SIGKILL');
    await delay(50);
  }
}
