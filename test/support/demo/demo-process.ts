import { join } from 'node:path';
import type { DemoState } from '../../../local/demo/demo-state.ts';
import { loadDemoState } from '../../../local/demo/demo-state.ts';
import type { PlatformEndpoints } from '../platform/platform-endpoints.ts';
import { createPlatformEndpoints } from '../platform/platform-endpoints.ts';
import { fetchPlanSnapshot } from '../platform/wait-for-plan.ts';
import { readOutputTail } from '../process/platform-process.ts';
import { waitUntil } from '../wait-until.ts';
import type { StartedProcess, TestWorkspace } from '../workspace/test-workspace.ts';

/** The demo in a separate process, which keeps serving requests after the demo is done. */
export type DemoProcess = PlatformEndpoints & {
  /** Returns the output of the first start and of every later `resume`. */
  output(): string;
  /** Returns true after the current process has printed that the demo is done. */
  isDone(): boolean;
  waitUntilDone(timeoutMs?: number): Promise<void>;
  /** Waits for `condition`. Throws an error with the output if the demo exits first or the timeout passes. */
  waitFor(description: string, condition: () => boolean, timeoutMs?: number): Promise<void>;
  readFacts(): Promise<DemoFacts>;
  /** Returns the end of the output, for error messages. */
  readTail(): Promise<string>;
  /** Returns the id of the current demo process; attempts and git run in other processes. */
  pid(): number;
  /** Kills the demo process with SIGKILL and waits for its exit. */
  kill(): Promise<void>;
  /** Starts the demo again with `--resume`. */
  resume(): void;
  /** Stops the demo in order and requires that no process, port or file is left. */
  close(): Promise<void>;
};

/** Names and ids of a complete demo. */
export type DemoFacts = {
  readonly repository: string;
  /** Path of the sample repository, with a work tree. */
  readonly path: string;
  readonly complexPlan: string;
  readonly simplePlan: string;
  /** Ids of the complex plan's tasks. */
  readonly tasks: readonly string[];
};

const DONE_TEXT = 'Done in ';
const DEMO_TIMEOUT_MS = 180_000;

export function startDemo(
  workspace: TestWorkspace,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): DemoProcess {
  const endpoints = createPlatformEndpoints(workspace);
  let earlierOutput = '';
  let running: StartedProcess = workspace.start('local/demo.ts', args, { env });
  const output = () => earlierOutput + running.output();
  const tail = () => readOutputTail(workspace, output());
  const waitFor: DemoProcess['waitFor'] = async (
    description,
    condition,
    timeoutMs = DEMO_TIMEOUT_MS,
  ) => {
    const watchedProcess = running;
    let hasEnded = false;
    const onEnd = () => {
      hasEnded = true;
    };
    watchedProcess.exit.then(onEnd, onEnd);
    try {
      await waitUntil(description, () => hasEnded || condition(), timeoutMs);
      if (hasEnded) throw new Error(`the process exited before: ${description}`);
    } catch (cause) {
      throw new Error(`the demo: ${String(cause)}\n${await tail()}`, { cause });
    }
  };
  const isDone = () => running.output().includes(DONE_TEXT);
  return {
    ...endpoints,
    output,
    readTail: tail,
    isDone,
    waitFor,
    async waitUntilDone(timeoutMs) {
      await waitFor('the demo is done', isDone, timeoutMs);
      await endpoints.readTokens();
    },
    readFacts: () => readDemoFacts(workspace, endpoints),
    pid: () => running.pid,
    async kill() {
      running.kill('SIGKILL');
      await running.exit;
      earlierOutput = output();
    },
    resume() {
      running = workspace.start('local/demo.ts', [...args, '--resume'], { env });
    },
    async close() {
      await workspace.requireNoAttempts();
      running.kill('SIGTERM');
      await running.exit;
      await workspace.requireClean();
    },
  };
}

async function readDemoFacts(
  workspace: TestWorkspace,
  endpoints: PlatformEndpoints,
): Promise<DemoFacts> {
  const state = requireCompleteState(await loadDemoState(workspace.dataDir));
  const { tasks } = await fetchPlanSnapshot(endpoints, state.complexPlan);
  const work = tasks.filter((task) => task.kind === 'work').map((task) => task.id);
  return { ...state, path: join(workspace.dataDir, 'sample'), tasks: work };
}

function requireCompleteState(state: DemoState | undefined) {
  const { repository, complexPlan, simplePlan } = state ?? {};
  if (repository === undefined || complexPlan === undefined || simplePlan === undefined)
    throw new Error(`the demo did not create both plans: ${JSON.stringify(state)}`);
  return { repository, complexPlan, simplePlan };
}
