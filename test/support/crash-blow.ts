import { setTimeout as delay } from 'node:timers/promises';
import { seededRandom } from '../../local/model/flavour.ts';
import type { DemoProcess } from './demo-process.ts';
import { findProcesses, type SeenProcess } from './process-scan.ts';
import { waitUntil } from './wait-until.ts';

// Blows that a demo is dealt while it works, at moments that a seed chooses.

/**
 * `whole`: every process, as when the power fails. `supervisor`: the one that is API, forge and model, with which store and
 * queues end; bridges go on alone. `component`: store and queues, a bridge, an agent or a git beside a platform that goes on.
 */
export type Blow = 'whole' | 'supervisor' | 'component';

export type Moment = {
  readonly blow: Blow;
  readonly afterSteps: number;
  readonly thenMs: number;
  /** Of a supervisor: it is started again only after the bridges have given up. */
  readonly away: boolean;
  /** Chooses the component, from 0 to 1. */
  readonly pick: number;
};

/** Different things that a whole demo prints, roughly. */
const STEPS = 66;
/** The platform needs about that long to start. */
const MAX_DELAY_MS = 1_500;
const STEP_MS = 300_000;
const COMPONENT_MS = 30_000;
/** Long enough for a lease, and for a bridge that is busy to notice. */
const ORPHANS_MS = 60_000;

/** One in each part of the demo; `blows` are dealt in turn, beginning with the `first`. */
export function chooseMoments(
  seed: number,
  count: number,
  blows: readonly Blow[],
  first = 0,
): Moment[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, part) => ({
    blow: blows[(first + part) % blows.length] ?? 'supervisor',
    afterSteps: Math.floor(((part + random()) / count) * STEPS),
    thenMs: Math.floor(random() * MAX_DELAY_MS),
    away: random() < 0.4,
    pick: random(),
  }));
}

/** Waits for the moment, strikes, and starts again what was struck. Answers what was killed. */
export async function strike(demo: DemoProcess, moment: Moment): Promise<string> {
  const { afterSteps, blow, thenMs } = moment;
  await demo.until(
    `step ${afterSteps}`,
    () => demo.isDone() || countSteps(demo.output()) >= afterSteps,
    STEP_MS,
  );
  await delay(thenMs);
  if (blow === 'component') return killComponent(demo, moment.pick);
  await demo.kill();
  if (blow === 'whole') await killRest(demo);
  else if (moment.away) await untilOrphansEnd(demo);
  demo.resume();
  return moment.away && blow === 'supervisor' ? 'supervisor, and away' : blow;
}

/** What has happened for the first time: a demo that goes on prints some of it again. */
function countSteps(output: string): number {
  const lines = output.split('\n').filter((line) => /^\d\d:\d\d:\d\d /.test(line));
  return new Set(lines.map((line) => line.slice('00:00:00 '.length).replace(/\d+s/g, ''))).size;
}

/** Whoever is killed may have started another in the meantime. */
async function killRest(demo: DemoProcess): Promise<void> {
  await waitUntil('every process is killed', async () => {
    const living = await findProcesses(demo.ground.path);
    for (const { pid } of living) kill(pid);
    return living.length === 0;
  });
}

/** Nobody answers them: they end by themselves, at the latest with their lease. */
async function untilOrphansEnd(demo: DemoProcess): Promise<void> {
  let orphans: readonly SeenProcess[] = [];
  await waitUntil(
    'bridges that nobody answers end by themselves',
    async () => {
      orphans = await findProcesses(demo.ground.path);
      return orphans.length === 0;
    },
    ORPHANS_MS,
  ).catch((cause: unknown) => {
    throw new Error(`${String(cause)}: ${orphans.map(({ command }) => command).join('; ')}`);
  });
}

const COMPONENTS = [
  { name: 'store', is: (command: string) => command.includes('local/emulator/main.ts') },
  { name: 'bridge', is: (command: string) => command.includes('agent/bridge/main.ts') },
  { name: 'agent', is: (command: string) => command.includes('agent/small/main.ts') },
  { name: 'git', is: (command: string) => /^(\S*\/)?git(-\S+)? /.test(command) },
];

/** The chosen kind, as soon as one lives; when the demo is over first, nothing. */
async function killComponent(demo: DemoProcess, pick: number): Promise<string> {
  const kind = COMPONENTS[Math.floor(pick * COMPONENTS.length)];
  let killed = '';
  await waitUntil(
    `a ${kind?.name} lives`,
    async () => {
      if (demo.isDone()) return true;
      const living = await findProcesses(demo.ground.path);
      const found = living.find(({ pid, command }) => pid !== demo.pid() && kind?.is(command));
      if (found === undefined || !kill(found.pid)) return false;
      killed = found.command;
      return true;
    },
    COMPONENT_MS,
  ).catch(() => undefined);
  return killed === '' ? `no ${kind?.name}` : `${kind?.name}: ${killed.slice(0, 60)}`;
}

function kill(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL');
    return true;
  } catch {
    return false;
  }
}
