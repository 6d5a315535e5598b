import { setTimeout as delay } from 'node:timers/promises';
import { createSeededRandom } from '../../../local/model/flavour.ts';
import type { FoundProcess } from '../process/process-scan.ts';
import { findProcesses } from '../process/process-scan.ts';
import { waitUntil } from '../wait-until.ts';
import type { DemoProcess } from './demo-process.ts';
import { countSteps, WORK_STEPS } from './demo-steps.ts';

// Blows that a demo is dealt while it works, at moments that a seed chooses.

/**
 * `whole`: every process, as when the power fails. `supervisor`: the one that is API, forge and model, with which store and
 * queues end; bridges go on alone. `component`: store and queues, a bridge, an agent or a git beside a platform that goes on.
 */
export type KillScenario = 'whole' | 'supervisor' | 'component';

export type KillMoment = {
  readonly blow: KillScenario;
  readonly afterSteps: number;
  readonly thenMs: number;
  /** Of a supervisor: it is started again only after the bridges have given up. */
  readonly away: boolean;
  /** Chooses the component, from 0 to 1. */
  readonly pick: number;
};

export type ExecutedKill = {
  readonly scenario: KillScenario;
  /** What was killed, for people. */
  readonly target: string;
  /** Bridges that lived on when their supervisor was dead. */
  readonly orphanCount: number;
};

/** Leases that are short, so that a bridge that is alone is seen to end, and a clock that soon finds what it left. */
export const SHORT_LEASES = {
  SMOL_CLOCK_SECONDS: '10',
  LEASE_SECONDS: '10',
  HEARTBEAT_SECONDS: '1',
};

/** What follows, the whole and the simple plan, is over in seconds: a blow could fall on nothing. */
const KILLABLE_STEPS = WORK_STEPS;
/** The platform needs about that long to start. */
const MAX_DELAY_MS = 1_500;
const STEP_TIMEOUT_MS = 300_000;
/** A git lives for moments only, an agent for seconds. */
const CHOSEN_COMPONENT_TIMEOUT_MS = 2_000;
const ANY_COMPONENT_TIMEOUT_MS = 30_000;
/** Long enough for a lease, and for a bridge that is busy to notice. */
const ORPHAN_TIMEOUT_MS = 60_000;

/** One in each part of the demo; `blows` are dealt in turn, beginning with the `first`. */
export function chooseKillMoments(
  seed: number,
  count: number,
  blows: readonly KillScenario[],
  first = 0,
): KillMoment[] {
  const random = createSeededRandom(seed);
  return Array.from({ length: count }, (_, part) => ({
    blow: blows[(first + part) % blows.length] ?? 'supervisor',
    afterSteps: Math.floor(((part + random()) / count) * KILLABLE_STEPS),
    thenMs: Math.floor(random() * MAX_DELAY_MS),
    away: random() < 0.4,
    pick: random(),
  }));
}

/**
 * Waits for the moment, strikes, and starts again what was struck. Throws when there is nothing to strike any more: a blow that
 * falls on nothing proves nothing.
 */
export async function executeKill(demo: DemoProcess, moment: KillMoment): Promise<ExecutedKill> {
  const { afterSteps, blow, thenMs } = moment;
  await demo.waitFor(
    `step ${afterSteps}`,
    () => demo.isDone() || countSteps(demo) >= afterSteps,
    STEP_TIMEOUT_MS,
  );
  await delay(thenMs);
  if (blow === 'component') {
    const what = await killComponent(demo, moment.pick);
    requireDemoAtWork(demo, moment);
    if (what === undefined)
      throw new Error(`no component lived ${thenMs} ms after step ${afterSteps}`);
    return { scenario: blow, target: what, orphanCount: 0 };
  }
  await demo.kill();
  requireDemoAtWork(demo, moment);
  const orphans = await countBridges(demo);
  if (blow === 'whole') await killRemainingProcesses(demo);
  else if (moment.away) await waitForOrphansToEnd(demo);
  demo.resume();
  if (blow === 'whole') return { scenario: blow, target: 'whole', orphanCount: 0 };
  return {
    scenario: blow,
    target: moment.away ? 'supervisor, and away' : 'supervisor',
    orphanCount: orphans,
  };
}

/** To be asked after the blow: whatever the demo had printed until then has been heard. */
function requireDemoAtWork(demo: DemoProcess, { blow, afterSteps, thenMs }: KillMoment): void {
  if (!demo.isDone()) return;
  const steps = countSteps(demo);
  throw new Error(
    `the demo was done, after ${steps} steps, when the blow "${blow}" fell ${thenMs} ms after step ${afterSteps}`,
  );
}

async function countBridges(demo: DemoProcess): Promise<number> {
  const living = await findProcesses(demo.workspace.path);
  return living.filter(({ command }) => BRIDGE.matchesCommand(command)).length;
}

/** Whoever is killed may have started another in the meantime. */
async function killRemainingProcesses(demo: DemoProcess): Promise<void> {
  await waitUntil('every process is killed', async () => {
    const living = await findProcesses(demo.workspace.path);
    for (const { pid } of living) killProcess(pid);
    return living.length === 0;
  });
}

/** Nobody answers them: they end by themselves, at the latest with their lease. */
async function waitForOrphansToEnd(demo: DemoProcess): Promise<void> {
  let orphans: readonly FoundProcess[] = [];
  await waitUntil(
    'bridges that nobody answers end by themselves',
    async () => {
      orphans = await findProcesses(demo.workspace.path);
      return orphans.length === 0;
    },
    ORPHAN_TIMEOUT_MS,
  ).catch((cause: unknown) => {
    throw new Error(`${String(cause)}: ${orphans.map(({ command }) => command).join('; ')}`);
  });
}

type Component = { readonly name: string; matchesCommand(command: string): boolean };

const BRIDGE: Component = {
  name: 'bridge',
  matchesCommand: (command) => command.includes('agent/bridge/main.ts'),
};
const COMPONENTS: readonly Component[] = [
  { name: 'store', matchesCommand: (command) => command.includes('local/emulator/main.ts') },
  BRIDGE,
  { name: 'agent', matchesCommand: (command) => command.includes('agent/small/main.ts') },
  { name: 'git', matchesCommand: (command) => /^(\S*\/)?git(-\S+)? /.test(command) },
];

/** One of the chosen kind; when none lives for a while, of any other. */
async function killComponent(demo: DemoProcess, pick: number): Promise<string | undefined> {
  const place = Math.floor(pick * COMPONENTS.length);
  const killed = await killAnyComponent(
    demo,
    COMPONENTS.slice(place, place + 1),
    CHOSEN_COMPONENT_TIMEOUT_MS,
  );
  return killed ?? (await killAnyComponent(demo, COMPONENTS, ANY_COMPONENT_TIMEOUT_MS));
}

/** Undefined: none of them lived in that time, or the demo was done before. */
async function killAnyComponent(
  demo: DemoProcess,
  kinds: readonly Component[],
  withinMs: number,
): Promise<string | undefined> {
  const end = Date.now() + withinMs;
  while (!demo.isDone() && Date.now() < end) {
    const living = await findProcesses(demo.workspace.path);
    for (const { pid, command } of living) {
      const kind = kinds.find((one) => pid !== demo.pid() && one.matchesCommand(command));
      if (kind !== undefined && killProcess(pid)) return `${kind.name}: ${command.slice(0, 60)}`;
    }
    await delay(10);
  }
  return undefined;
}

function killProcess(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL');
    return true;
  } catch {
    return false;
  }
}
