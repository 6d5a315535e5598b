import { mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { ProcessLauncher } from '../../../adapters/process/create-process-launcher.ts';
import { createProcessLauncher } from '../../../adapters/process/create-process-launcher.ts';
import { waitUntil } from '../wait-until.ts';

// Process launchers that share a temporary folder and start the fake bridge, with a clock that the test advances.

export const FAKE_BRIDGE = fileURLToPath(new URL('./fake-bridge.ts', import.meta.url));

const readySchema = z.object({
  pid: z.number(),
  pids: z.array(z.number()),
  env: z.record(z.string(), z.string()),
});
/** Report of a ready fake bridge. `pid`: its process id; `pids`: ids of its child processes; `env`: its environment. */
export type ReadyBridge = z.infer<typeof readySchema>;

/** Launchers that share a state folder. */
export type LauncherFixture = {
  readonly stateDir: string;
  /** Creates a launcher. `behaviour`: behaviour of its bridges, see fake-bridge.ts. */
  launcher(
    behaviour?: string,
    options?: { readonly graceMs?: number; readonly sweepMs?: number },
  ): ProcessLauncher;
  now(): number;
  advanceClock(ms: number): void;
  /** Waits until the bridge is ready and returns its report. */
  waitUntilReady(name: string): Promise<ReadyBridge>;
  close(): Promise<void>;
};

export async function createLauncherFixture(): Promise<LauncherFixture> {
  const stateDir = await realpath(await mkdtemp(join(tmpdir(), 'pods-')));
  const launchers: ProcessLauncher[] = [];
  let advancedMs = 0;
  const now = () => Date.now() + advancedMs;
  return {
    stateDir,
    now,
    launcher(behaviour = '', { graceMs = 1_000, sweepMs = 0 } = {}) {
      const env = { FAKE_BRIDGE: behaviour };
      const options = { stateDir, bridgeEntry: FAKE_BRIDGE, now, graceMs, sweepMs, env };
      const launcher = createProcessLauncher(options);
      launchers.push(launcher);
      return launcher;
    },
    advanceClock(ms) {
      advancedMs += ms;
    },
    waitUntilReady: (name) =>
      waitUntil(`the bridge of ${name} is ready`, () =>
        readFile(join(stateDir, name, 'work/ready.json'), 'utf8').then(
          (text) => readySchema.parse(JSON.parse(text)),
          () => undefined,
        ),
      ),
    async close() {
      for (const launcher of launchers) launcher.close();
      await launchers[0]?.killAll();
      await rm(stateDir, { recursive: true });
    },
  };
}

/** Returns true for a running or suspended (SIGSTOP) process; a zombie counts as dead. */
export async function isProcessAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined);
  return stat !== undefined && !/\) [ZX] /.test(stat);
}

/** Finds the ids of live processes whose environment contains `entry` (`NAME=value`). */
export async function findProcessesByEnvironment(entry: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const matchingPids: number[] = [];
  for (const pid of pids) {
    const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
    if (environment.split('\0').includes(entry) && (await isProcessAlive(pid)))
      matchingPids.push(pid);
  }
  return matchingPids;
}
