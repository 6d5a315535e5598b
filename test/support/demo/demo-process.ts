import { join } from 'node:path';
import type { DemoState } from '../../../local/demo/demo-state.ts';
import { loadDemoState } from '../../../local/demo/demo-state.ts';
import type { PlatformEndpoints } from '../platform/platform-endpoints.ts';
import { createPlatformEndpoints } from '../platform/platform-endpoints.ts';
import { fetchPlanSnapshot } from '../platform/wait-for-plan.ts';
import { readOutputTail } from '../process/platform-process.ts';
import { waitUntil } from '../wait-until.ts';
import type { StartedProcess, TestWorkspace } from '../workspace/test-workspace.ts';

/** The demo in a process of its own; it goes on serving after its end, so that it can be asked. */
export type DemoProcess = PlatformEndpoints & {
  /** Everything that it printed, of all its starts. */
  output(): string;
  /** Whether it has printed that it is done. */
  isDone(): boolean;
  waitUntilDone(timeoutMs?: number): Promise<void>;
  /** Throws with its output when the demo ends before `condition` holds, or it does not in time. */
  waitFor(what: string, condition: () => boolean, timeoutMs?: number): Promise<void>;
  readFacts(): Promise<DemoFacts>;
  readTail(): Promise<string>;
  /** Of the process that runs now: everything but attempts and git. */
  pid(): number;
  /** SIGKILL of its process, and waits for the end. */
  kill(): Promise<void>;
  resume(): void;
  /** Ends it in order and proves that nothing is left. */
  close(): Promise<void>;
};

export type DemoFacts = {
  readonly repository: string;
  /** Of the sample, with its work tree. */
  readonly path: string;
  readonly complexPlan: string;
  readonly simplePlan: string;
  /** Ids of the complex plan's tasks. */
  readonly tasks: readonly string[];
};

const DONE_TEXT = 'Done in ';
const DEMO_TIMEOUT_MS = 180_000;

export function startDemo(
  ground: TestWorkspace,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): DemoProcess {
  const doors = createPlatformEndpoints(ground);
  let before = '';
  let running: StartedProcess = ground.start('local/demo.ts', args, { env });
  const output = () => before + running.output();
  const tail = () => readOutputTail(ground, output());
  const until: DemoProcess['waitFor'] = async (what, condition, timeoutMs = DEMO_TIMEOUT_MS) => {
    const watched = running;
    let ended = false;
    const onEnd = () => {
      ended = true;
    };
    watched.exit.then(onEnd, onEnd);
    try {
      await waitUntil(what, () => ended || condition(), timeoutMs);
      if (ended) throw new Error(`its process has ended before: ${what}`);
    } catch (cause) {
      throw new Error(`the demo: ${String(cause)}\n${await tail()}`, { cause });
    }
  };
  const isDone = () => running.output().includes(DONE_TEXT);
  return {
    ...doors,
    output,
    readTail: tail,
    isDone,
    waitFor: until,
    async waitUntilDone(timeoutMs) {
      await until('it is done', isDone, timeoutMs);
      await doors.readTokens();
    },
    async readFacts() {
      const state = requireCompleteState(await loadDemoState(ground.dataDir));
      const { tasks } = await fetchPlanSnapshot(doors, state.complexPlan);
      const work = tasks.filter((task) => task.kind === 'work').map((task) => task.id);
      return { ...state, path: join(ground.dataDir, 'sample'), tasks: work };
    },
    pid: () => running.pid,
    async kill() {
      running.kill('SIGKILL');
      await running.exit;
      before = output();
    },
    resume() {
      running = ground.start('local/demo.ts', [...args, '--resume'], { env });
    },
    async close() {
      await ground.requireNoAttempts();
      running.kill('SIGTERM');
      await running.exit;
      await ground.requireClean();
    },
  };
}

function requireCompleteState(state: DemoState | undefined) {
  const { repository, complexPlan, simplePlan } = state ?? {};
  if (repository === undefined || complexPlan === undefined || simplePlan === undefined)
    throw new Error(`the demo has not got to its end: ${JSON.stringify(state)}`);
  return { repository, complexPlan, simplePlan };
}
