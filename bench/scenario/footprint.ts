import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { waitForOutput } from '../../test/support/process/platform-process.ts';
import { findProcesses } from '../../test/support/process/process-scan.ts';
import type { TestWorkspace } from '../../test/support/workspace/test-workspace.ts';
import { createTestWorkspace } from '../../test/support/workspace/test-workspace.ts';
import { computePercentile } from '../lab/measure-runs.ts';
import type { Scenario } from '../scenario.ts';

// Measures real runs of the local platform: the resident memory of the idle platform, of bridges and of agents, and the disk
// usage of attempts.

const MIB = 2 ** 20;
const READY_TEXT = 'Press Ctrl+C to stop';
const DONE_TEXT = 'Done in ';
const DEMO_TIMEOUT_MS = 600_000;
const POLL_INTERVAL_MS = 500;

/** Main module of each process. The demo and the platform are one process. */
const PROGRAM_BY_ROLE = {
  platform: 'local/demo.ts',
  emulators: 'local/emulator/main.ts',
  bridge: 'agent/bridge/main.ts',
  agent: 'agent/small/main.ts',
} as const;
type Role = keyof typeof PROGRAM_BY_ROLE;
const LABEL_BY_ROLE: Record<Role, string> = {
  platform: 'platform during the demo',
  emulators: 'table and queues',
  bridge: 'bridge',
  agent: 'agent',
};
const DISK_PARTS = ['store', 'queues', 'forge', 'attempts'] as const;

export const footprint: Scenario = {
  name: 'footprint',
  description: 'Resident memory of platform, bridge and agent; disk usage of an attempt',
  measure: async ({ quick }) => {
    const idle = await measureIdle(quick ? 10 : 90);
    const demo = await measureDemo();
    const memory = {
      title: 'Resident memory, MiB',
      head: ['process', 'samples', 'median', 'maximum'],
      rows: [
        ['idle platform with table and queues', idle.length, ...summarizeSamples(idle)],
        ...(['platform', 'emulators', 'bridge', 'agent'] as const).map((role) => [
          LABEL_BY_ROLE[role],
          demo.memory[role].length,
          ...summarizeSamples(demo.memory[role]),
        ]),
      ],
    };
    const disk = {
      title: `Disk of the demo after ${demo.attempts} attempts, KiB`,
      head: ['part', 'before', 'after', 'per attempt'],
      rows: DISK_PARTS.map((part) => {
        const [before, after] = [demo.before[part], demo.after[part]];
        return [part, before / 1_024, after / 1_024, (after - before) / 1_024 / demo.attempts];
      }),
      notes: [
        'The sample repository is small. Column "before": the last measurement before the first attempt.',
      ],
    };
    return {
      tables: [memory, disk],
      figures: { idleMiB: summarizeSamples(idle), ...collectFigures(demo) },
    };
  },
};

function collectFigures(demo: DemoMeasurement) {
  const memoryMiB = Object.fromEntries(
    Object.entries(demo.memory).map(([role, samples]) => [role, summarizeSamples(samples)]),
  );
  return { memoryMiB, attempts: demo.attempts, diskBefore: demo.before, diskAfter: demo.after };
}

/** Returns median and maximum of sizes in MiB. */
function summarizeSamples(sizesInBytes: readonly number[]): [number, number] {
  const sorted = sizesInBytes.map((bytes) => bytes / MIB).toSorted((a, b) => a - b);
  return [computePercentile(sorted, 0.5), computePercentile(sorted, 1)];
}

async function measureIdle(seconds: number): Promise<number[]> {
  const workspace = await createTestWorkspace();
  try {
    const platform = workspace.start('local/main.ts', []);
    await waitForOutput(platform, READY_TEXT);
    const samples: number[] = [];
    for (let second = 0; second < seconds; second += 1) {
      await delay(1_000);
      samples.push(await sumResidentBytes(workspace));
    }
    platform.kill('SIGTERM');
    await platform.exit;
    return samples;
  } finally {
    await workspace.remove();
  }
}

async function sumResidentBytes(workspace: TestWorkspace): Promise<number> {
  const processes = await findProcesses(workspace.path);
  const sizes = await Promise.all(processes.map(({ pid }) => readResidentBytes(pid)));
  return sizes.reduce<number>((sum, bytes) => sum + (bytes ?? 0), 0);
}

type DiskUsage = Record<(typeof DISK_PARTS)[number], number>;
type DemoMeasurement = {
  readonly memory: Record<Role, number[]>;
  readonly attempts: number;
  readonly before: DiskUsage;
  readonly after: DiskUsage;
};

async function measureDemo(): Promise<DemoMeasurement> {
  const workspace = await createTestWorkspace();
  try {
    const demo = workspace.start('local/demo.ts', []);
    const memory: DemoMeasurement['memory'] = {
      platform: [],
      emulators: [],
      bridge: [],
      agent: [],
    };
    const bridgePids = new Set<number>();
    let before: DiskUsage | undefined;
    const deadline = Date.now() + DEMO_TIMEOUT_MS;
    while (!demo.output().includes(DONE_TEXT)) {
      if (Date.now() > deadline)
        throw new Error(
          `the demo did not end within ${DEMO_TIMEOUT_MS / 60_000} minutes:\n${demo.output()}`,
        );
      await delay(POLL_INTERVAL_MS);
      await sampleMemory(workspace, memory, bridgePids);
      if (bridgePids.size === 0) before = await measureDisk(workspace);
    }
    const after = await measureDisk(workspace);
    demo.kill('SIGTERM');
    await demo.exit;
    if (before === undefined)
      throw new Error('the demo started an attempt before the first disk measurement');
    return { memory, attempts: bridgePids.size, before, after };
  } finally {
    await workspace.remove();
  }
}

async function sampleMemory(
  workspace: TestWorkspace,
  memory: DemoMeasurement['memory'],
  bridgePids: Set<number>,
): Promise<void> {
  for (const { pid, command } of await findProcesses(workspace.path)) {
    const role = findRole(command);
    if (role === 'bridge') bridgePids.add(pid);
    const bytes = role === undefined ? undefined : await readResidentBytes(pid);
    if (role !== undefined && bytes !== undefined) memory[role].push(bytes);
  }
}

function findRole(command: string): Role | undefined {
  const roles: readonly Role[] = ['platform', 'emulators', 'bridge', 'agent'];
  return roles.find((role) => command.includes(PROGRAM_BY_ROLE[role]));
}

/** Returns the resident memory of a process; undefined if the process has ended. */
async function readResidentBytes(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1];
  return kib === undefined ? undefined : Number(kib) * 1_024;
}

async function measureDisk(workspace: TestWorkspace): Promise<DiskUsage> {
  const sizes = await Promise.all(
    DISK_PARTS.map((part) => measureAllocatedBytes(join(workspace.dataDir, part))),
  );
  const [store = 0, queues = 0, forge = 0, attempts = 0] = sizes;
  return { store, queues, forge, attempts };
}

/** Sums the allocated blocks of a file or folder; ignores files that disappear during the measurement. */
async function measureAllocatedBytes(path: string): Promise<number> {
  const stats = await stat(path).catch(() => undefined);
  if (stats === undefined) return 0;
  const ownBytes = stats.blocks * 512;
  if (!stats.isDirectory()) return ownBytes;
  const entrySizes = await Promise.all(
    (await listEntries(path)).map((name) => measureAllocatedBytes(join(path, name))),
  );
  return entrySizes.reduce((sum, bytes) => sum + bytes, ownBytes);
}

function listEntries(path: string): Promise<string[]> {
  return readdir(path).catch(() => []);
}
