import { setTimeout as delay } from 'node:timers/promises';
import { sendSignal } from '../../../core/base/send-signal.ts';
import { createSeededRandom } from '../../../local/model/variations.ts';
import type { FoundProcess } from '../process/process-scan.ts';
import { findProcesses } from '../process/process-scan.ts';
import { waitUntil } from '../wait-until.ts';
import type { DemoProcess } from './demo-process.ts';
import { countSteps, WORK_STEPS } from './demo-steps.ts';

// Kills processes of a running demo at pseudo-random moments, which a seed selects.

/**
 * `whole` kills every process, as a power failure does. `supervisor` kills the process of API, forge and model, which also
 * ends store and queues while bridges continue. `component` kills one process beside the running platform: store and queues,
 * a bridge, an agent or a git command.
 */
export type KillScenario = 'whole' | 'supervisor' | 'component';

/** Planned kill: `delayMs` after the demo has taken `afterSteps` steps. */
export type KillMoment = {
  readonly scenario: KillScenario;
  readonly afterSteps: number;
  readonly delayMs: number;
  /** True: a killed supervisor starts again only after its bridges have exited. */
  readonly mustRestartLate: boolean;
  /** Number in [0, 1) that chooses the component. */
  readonly componentChoice: number;
};

/** A kill that was executed. */
export type ExecutedKill = {
  readonly scenario: KillScenario;
  /** Description of the killed process. */
  readonly target: string;
  /** Number of bridges that were alive after the supervisor was dead. */
  readonly orphanCount: number;
};

/**
 * Settings with short leases, so that orphaned bridges end soon, and a short resync interval, so that the platform soon finds
 * their tasks.
 */
export const SHORT_LEASES = {
  SMOL_CLOCK_SECONDS: '10',
  LEASE_SECONDS: '10',
  HEARTBEAT_SECONDS: '1',
};

/** Kills happen within this number of steps. The later steps take only seconds, so a kill could come too late. */
const KILLABLE_STEPS = WORK_STEPS;
/** Maximum delay after a step; about the time that the platform needs to start. */
const MAX_DELAY_MS = 1_500;
const STEP_TIMEOUT_MS = 300_000;
/** How long to look for the chosen kind of component: git commands are short, and agents live for seconds. */
const CHOSEN_COMPONENT_TIMEOUT_MS = 2_000;
const ANY_COMPONENT_TIMEOUT_MS = 30_000;
/** Time limit for orphaned bridges to exit; longer than a lease. */
const ORPHAN_TIMEOUT_MS = 60_000;

/**
 * Chooses one moment in each of `count` parts of the demo; the scenarios alternate, starting with the index `firstScenario`.
 */
export function chooseKillMoments(
  seed: number,
  count: number,
  scenarios: readonly KillScenario[],
  firstScenario = 0,
): KillMoment[] {
  const random = createSeededRandom(seed);
  return Array.from({ length: count }, (_, part) => ({
    scenario: scenarios[(firstScenario + part) % scenarios.length] ?? 'supervisor',
    afterSteps: Math.floor(((part + random()) / count) * KILLABLE_STEPS),
    delayMs: Math.floor(random() * MAX_DELAY_MS),
    mustRestartLate: random() < 0.4,
    componentChoice: random(),
  }));
}

/** Waits for the moment, kills, and restarts the killed process. Throws when the demo was done before the kill. */
export async function executeKill(demo: DemoProcess, moment: KillMoment): Promise<ExecutedKill> {
  const { afterSteps, scenario, delayMs } = moment;
  await demo.waitFor(
    `step ${afterSteps}`,
    () => demo.isDone() || countSteps(demo) >= afterSteps,
    STEP_TIMEOUT_MS,
  );
  await delay(delayMs);
  if (scenario === 'component') {
    const target = await killComponent(demo, moment.componentChoice);
    requireUnfinishedDemo(demo, moment);
    if (target === undefined)
      throw new Error(`found no component to kill ${delayMs} ms after step ${afterSteps}`);
    return { scenario, target, orphanCount: 0 };
  }
  await demo.kill();
  requireUnfinishedDemo(demo, moment);
  const orphans = await countBridges(demo);
  if (scenario === 'whole') await killRemainingProcesses(demo);
  else if (moment.mustRestartLate) await waitForOrphansToEnd(demo);
  demo.resume();
  if (scenario === 'whole') return { scenario, target: 'whole', orphanCount: 0 };
  return {
    scenario,
    target: moment.mustRestartLate ? 'supervisor, restarted late' : 'supervisor',
    orphanCount: orphans,
  };
}

/** Throws when the demo was done at the time of the kill. Must run after the kill, when all output has arrived. */
function requireUnfinishedDemo(
  demo: DemoProcess,
  { scenario, afterSteps, delayMs }: KillMoment,
): void {
  if (!demo.isDone()) return;
  const steps = countSteps(demo);
  throw new Error(
    `the demo was done, after ${steps} steps, before the kill "${scenario}" ${delayMs} ms after step ${afterSteps}`,
  );
}

async function countBridges(demo: DemoProcess): Promise<number> {
  const living = await findProcesses(demo.workspace.path);
  return living.filter(({ command }) => BRIDGE.matchesCommand(command)).length;
}

/** Kills all processes of the demo, repeatedly, because a process may start another process before its death. */
async function killRemainingProcesses(demo: DemoProcess): Promise<void> {
  await waitUntil('every process is dead', async () => {
    const living = await findProcesses(demo.workspace.path);
    for (const { pid } of living) sendSignal(pid, 'SIGKILL');
    return living.length === 0;
  });
}

/** Waits until the bridges without a supervisor have ended on their own, at the latest when their lease ends. */
async function waitForOrphansToEnd(demo: DemoProcess): Promise<void> {
  let orphans: readonly FoundProcess[] = [];
  await waitUntil(
    'bridges without a supervisor end on their own',
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

/** Kills a component of the chosen kind, or of any kind when none of the chosen kind appears in time. */
async function killComponent(demo: DemoProcess, choice: number): Promise<string | undefined> {
  const componentIndex = Math.floor(choice * COMPONENTS.length);
  const killed = await killAnyComponent(
    demo,
    COMPONENTS.slice(componentIndex, componentIndex + 1),
    CHOSEN_COMPONENT_TIMEOUT_MS,
  );
  return killed ?? (await killAnyComponent(demo, COMPONENTS, ANY_COMPONENT_TIMEOUT_MS));
}

/** Kills the first component of the given kinds. Returns undefined after the timeout, or when the demo is done. */
async function killAnyComponent(
  demo: DemoProcess,
  kinds: readonly Component[],
  timeoutMs: number,
): Promise<string | undefined> {
  const deadline = Date.now() + timeoutMs;
  while (!demo.isDone() && Date.now() < deadline) {
    const living = await findProcesses(demo.workspace.path);
    for (const { pid, command } of living) {
      const kind = kinds.find(
        (component) => pid !== demo.pid() && component.matchesCommand(command),
      );
      if (kind !== undefined && sendSignal(pid, 'SIGKILL'))
        return `${kind.name}: ${command.slice(0, 60)}`;
    }
    await delay(10);
  }
  return undefined;
}
