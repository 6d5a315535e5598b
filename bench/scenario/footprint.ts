import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { untilPrinted } from '../../test/support/platform-process.ts';
import { findProcesses } from '../../test/support/process-scan.ts';
import { createGround, type Ground } from '../../test/support/test-ground.ts';
import { percentile } from '../lab/measure.ts';
import type { Scenario } from '../scenario.ts';

// What the laptop platform takes of a machine: resident memory when nothing happens, that of a bridge beside its agent, and
// what an attempt leaves on disk. From real runs, in processes of their own.

const MIB = 2 ** 20;
const READY = 'Without root an agent';
const DONE = 'Done in ';
const DEMO_LIMIT_MS = 600_000;
const LOOK_MS = 500;

/** Told apart by the file that they run; the platform of the demo is the demo itself. */
const ROLES = {
  platform: 'local/demo.ts',
  emulators: 'local/emulator/main.ts',
  bridge: 'agent/bridge/main.ts',
  agent: 'agent/small/main.ts',
} as const;
type Role = keyof typeof ROLES;
const LABELS: Record<Role, string> = {
  platform: 'platform, demo at work',
  emulators: 'its store and queues',
  bridge: 'bridge',
  agent: 'agent',
};
const PARTS = ['store', 'queues', 'forge', 'attempts'] as const;

export const footprint: Scenario = {
  name: 'footprint',
  what: 'Resident memory of the platform, of a bridge and its agent; disk of an attempt',
  run: async ({ quick }) => {
    const idle = await measureIdle(quick ? 10 : 90);
    const demo = await measureDemo();
    const memory = {
      title: 'Resident memory, MiB',
      head: ['process', 'samples', 'median', 'most'],
      rows: [
        ['platform with store and queues, idle', idle.length, ...spread(idle)],
        ...(['platform', 'emulators', 'bridge', 'agent'] as const).map((role) => [
          LABELS[role],
          demo.memory[role].length,
          ...spread(demo.memory[role]),
        ]),
      ],
    };
    const disk = {
      title: `Disk of the demo after ${demo.attempts} attempts, KiB`,
      head: ['part', 'before', 'after', 'per attempt'],
      rows: PARTS.map((part) => {
        const [before, after] = [demo.before[part], demo.after[part]];
        return [part, before / 1_024, after / 1_024, (after - before) / 1_024 / demo.attempts];
      }),
      notes: ['The sample repository is small. Before: as soon as the platform is up.'],
    };
    return { tables: [memory, disk], figures: { idleMiB: spread(idle), ...figuresOf(demo) } };
  },
};

function figuresOf(demo: Demo) {
  const memoryMiB = Object.fromEntries(
    Object.entries(demo.memory).map(([role, samples]) => [role, spread(samples)]),
  );
  return { memoryMiB, attempts: demo.attempts, diskBefore: demo.before, diskAfter: demo.after };
}

/** Median and most, in MiB. */
function spread(samples: readonly number[]): [number, number] {
  const sorted = samples.map((bytes) => bytes / MIB).toSorted((a, b) => a - b);
  return [percentile(sorted, 0.5), percentile(sorted, 1)];
}

async function measureIdle(seconds: number): Promise<number[]> {
  const ground = await createGround();
  try {
    const platform = ground.start('local/main.ts', []);
    await untilPrinted(platform, READY);
    const samples: number[] = [];
    for (let second = 0; second < seconds; second += 1) {
      await delay(1_000);
      samples.push(await residentOfAll(ground));
    }
    platform.kill('SIGTERM');
    await platform.exit;
    return samples;
  } finally {
    await ground.remove();
  }
}

async function residentOfAll(ground: Ground): Promise<number> {
  const processes = await findProcesses(ground.path);
  const sizes = await Promise.all(processes.map(({ pid }) => residentBytes(pid)));
  return sizes.reduce<number>((sum, bytes) => sum + (bytes ?? 0), 0);
}

type Disk = Record<(typeof PARTS)[number], number>;
type Demo = { memory: Record<Role, number[]>; attempts: number; before: Disk; after: Disk };

async function measureDemo(): Promise<Demo> {
  const ground = await createGround();
  try {
    const demo = ground.start('local/demo.ts', []);
    const memory: Demo['memory'] = { platform: [], emulators: [], bridge: [], agent: [] };
    const bridges = new Set<number>();
    let before: Disk | undefined;
    const end = Date.now() + DEMO_LIMIT_MS;
    while (!demo.output().includes(DONE)) {
      if (Date.now() > end) throw new Error(`the demo did not end:\n${demo.output()}`);
      await delay(LOOK_MS);
      await sample(ground, memory, bridges);
      if (bridges.size === 0) before = await diskOf(ground);
    }
    const after = await diskOf(ground);
    demo.kill('SIGTERM');
    await demo.exit;
    if (before === undefined) throw new Error('the demo began before it was looked at');
    return { memory, attempts: bridges.size, before, after };
  } finally {
    await ground.remove();
  }
}

async function sample(ground: Ground, memory: Demo['memory'], bridges: Set<number>): Promise<void> {
  for (const { pid, command } of await findProcesses(ground.path)) {
    const role = rolesOf(command);
    if (role === 'bridge') bridges.add(pid);
    const bytes = role === undefined ? undefined : await residentBytes(pid);
    if (role !== undefined && bytes !== undefined) memory[role].push(bytes);
  }
}

function rolesOf(command: string): Role | undefined {
  const roles: readonly Role[] = ['platform', 'emulators', 'bridge', 'agent'];
  return roles.find((role) => command.includes(ROLES[role]));
}

/** Undefined: it has ended. */
async function residentBytes(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1];
  return kib === undefined ? undefined : Number(kib) * 1_024;
}

async function diskOf(ground: Ground): Promise<Disk> {
  const sizes = await Promise.all(PARTS.map((part) => bytesUnder(join(ground.data, part))));
  const [store = 0, queues = 0, forge = 0, attempts = 0] = sizes;
  return { store, queues, forge, attempts };
}

/** As allocated, which is what a disk loses. Files come and go meanwhile. */
async function bytesUnder(path: string): Promise<number> {
  const facts = await stat(path).catch(() => undefined);
  if (facts === undefined) return 0;
  const own = facts.blocks * 512;
  if (!facts.isDirectory()) return own;
  const inside = await Promise.all((await list(path)).map((name) => bytesUnder(join(path, name))));
  return inside.reduce((sum, bytes) => sum + bytes, own);
}

function list(path: string): Promise<string[]> {
  return readdir(path).catch(() => []);
}
