import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { waitForOutput } from '../../test/support/process/platform-process.ts';
import { findProcesses } from '../../test/support/process/process-scan.ts';
import type { TestWorkspace } from '../../test/support/workspace/test-workspace.ts';
import { createTestWorkspace } from '../../test/support/workspace/test-workspace.ts';
import { computePercentile } from '../lab/measure-runs.ts';
import type { Scenario } from '../scenario.ts';

// What the laptop platform takes of a machine: resident memory when nothing happens, that of a bridge beside its agent, and
// what an attempt leaves on disk. From real runs, in processes of their own.

const MIB = 2 ** 20;
const READY_TEXT = 'Press Ctrl+C to stop';
const DONE_TEXT = 'Done in ';
const DEMO_LIMIT_MS = 600_000;
const POLL_INTERVAL_MS = 500;

/** Told apart by the file that they run; the platform of the demo is the demo itself. */
const PROGRAM_BY_ROLE = {
  platform: 'local/demo.ts',
  emulators: 'local/emulator/main.ts',
  bridge: 'agent/bridge/main.ts',
  agent: 'agent/small/main.ts',
} as const;
type Role = keyof typeof PROGRAM_BY_ROLE;
const LABEL_BY_ROLE: Record<Role, string> = {
  platform: 'platform, demo at work',
  emulators: 'its store and queues',
  bridge: 'bridge',
  agent: 'agent',
};
const DISK_PARTS = ['store', 'queues', 'forge', 'attempts'] as const;

export const footprint: Scenario = {
  name: 'footprint',
  description: 'Resident memory of the platform, of a bridge and its agent; disk of an attempt',
  runScenario: async ({ quick }) => {
    const idle = await measureIdle(quick ? 10 : 90);
    const demo = await measureDemo();
    const memory = {
      title: 'Resident memory, MiB',
      head: ['process', 'samples', 'median', 'most'],
      rows: [
        ['platform with store and queues, idle', idle.length, ...summarizeSamples(idle)],
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
      notes: ['The sample repository is small. Before: as soon as the platform is up.'],
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

/** Median and most, in MiB. */
function summarizeSamples(samples: readonly number[]): [number, number] {
  const sorted = samples.map((bytes) => bytes / MIB).toSorted((a, b) => a - b);
  return [computePercentile(sorted, 0.5), computePercentile(sorted, 1)];
}

async function measureIdle(seconds: number): Promise<number[]> {
  const ground = await createTestWorkspace();
  try {
    const platform = ground.start('local/main.ts', []);
    await waitForOutput(platform, READY_TEXT);
    const samples: number[] = [];
    for (let second = 0; second < seconds; second += 1) {
      await delay(1_000);
      samples.push(await sumResidentBytes(ground));
    }
    platform.kill('SIGTERM');
    await platform.exit;
    return samples;
  } finally {
    await ground.remove();
  }
}

async function sumResidentBytes(ground: TestWorkspace): Promise<number> {
  const processes = await findProcesses(ground.path);
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
  const ground = await createTestWorkspace();
  try {
    const demo = ground.start('local/demo.ts', []);
    const memory: DemoMeasurement['memory'] = {
      platform: [],
      emulators: [],
      bridge: [],
      agent: [],
    };
    const bridges = new Set<number>();
    let before: DiskUsage | undefined;
    const end = Date.now() + DEMO_LIMIT_MS;
    while (!demo.output().includes(DONE_TEXT)) {
      if (Date.now() > end) throw new Error(`the demo did not end:\n${demo.output()}`);
      await delay(POLL_INTERVAL_MS);
      await sampleMemory(ground, memory, bridges);
      if (bridges.size === 0) before = await measureDisk(ground);
    }
    const after = await measureDisk(ground);
    demo.kill('SIGTERM');
    await demo.exit;
    if (before === undefined) throw new Error('the demo began before it was looked at');
    return { memory, attempts: bridges.size, before, after };
  } finally {
    await ground.remove();
  }
}

async function sampleMemory(
  ground: TestWorkspace,
  memory: DemoMeasurement['memory'],
  bridges: Set<number>,
): Promise<void> {
  for (const { pid, command } of await findProcesses(ground.path)) {
    const role = findRole(command);
    if (role === 'bridge') bridges.add(pid);
    const bytes = role === undefined ? undefined : await readResidentBytes(pid);
    if (role !== undefined && bytes !== undefined) memory[role].push(bytes);
  }
}

function findRole(command: string): Role | undefined {
  const roles: readonly Role[] = ['platform', 'emulators', 'bridge', 'agent'];
  return roles.find((role) => command.includes(PROGRAM_BY_ROLE[role]));
}

/** Undefined: it has ended. */
async function readResidentBytes(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1];
  return kib === undefined ? undefined : Number(kib) * 1_024;
}

async function measureDisk(ground: TestWorkspace): Promise<DiskUsage> {
  const sizes = await Promise.all(
    DISK_PARTS.map((part) => measureAllocatedBytes(join(ground.dataDir, part))),
  );
  const [store = 0, queues = 0, forge = 0, attempts = 0] = sizes;
  return { store, queues, forge, attempts };
}

/** As allocated, which is what a disk loses. Files come and go meanwhile. */
async function measureAllocatedBytes(path: string): Promise<number> {
  const facts = await stat(path).catch(() => undefined);
  if (facts === undefined) return 0;
  const own = facts.blocks * 512;
  if (!facts.isDirectory()) return own;
  const inside = await Promise.all(
    (await listEntries(path)).map((name) => measureAllocatedBytes(join(path, name))),
  );
  return inside.reduce((sum, bytes) => sum + bytes, own);
}

function listEntries(path: string): Promise<string[]> {
  return readdir(path).catch(() => []);
}
