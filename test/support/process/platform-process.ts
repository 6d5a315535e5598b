import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ScriptedTaskModel } from '../model/scripted-task-model.ts';
import type { PlatformEndpoints } from '../platform/platform-endpoints.ts';
import { createPlatformEndpoints } from '../platform/platform-endpoints.ts';
import { waitUntil } from '../wait-until.ts';
import type { StartedProcess, TestWorkspace } from '../workspace/test-workspace.ts';
import { createTestWorkspace } from '../workspace/test-workspace.ts';

// The laptop platform in a separate process, started with `local/main.ts` like `make dev`.

export const ADMIN = { email: 'admin@example.com', password: 'canary-admin-password-77' };

/** Platform in a separate process. */
export type PlatformProcess = PlatformEndpoints & {
  /** Returns the id of the current process. */
  pid(): number;
  /** Returns the output since the last start. */
  output(): string;
  /** Returns the last lines of the platform's log and output. */
  readTail(): Promise<string>;
  /** Kills the process with SIGKILL and waits for its exit. */
  kill(): Promise<void>;
  /** Starts the platform again with the same data. */
  start(env?: Readonly<Record<string, string>>): Promise<void>;
  /** Stops the platform with SIGTERM, requires that no process, port or file remains, and removes the workspace. */
  close(): Promise<void>;
};

/** Model and additional environment variables of a platform. */
export type PlatformOptions = {
  readonly model: Pick<ScriptedTaskModel, 'url' | 'apiKey' | 'model'>;
  readonly env?: Readonly<Record<string, string>>;
};

/** Settings with short intervals. The leases are still long enough for a machine that is busy with other tests. */
const QUICK_SETTINGS = {
  SLOTS: '6',
  LEASE_SECONDS: '20',
  HEARTBEAT_SECONDS: '1',
  LAUNCH_SECONDS: '60',
  MAX_RETRIES: '1',
  SMOL_CLOCK_SECONDS: '10',
};
/** Last line that a started platform prints. */
const BANNER_END_TEXT = 'Press Ctrl+C to stop';
const START_TIMEOUT_MS = 60_000;

export async function startPlatformProcess(options: PlatformOptions): Promise<PlatformProcess> {
  const workspace = await createTestWorkspace();
  const platform = createPlatformProcess(workspace, {
    ...QUICK_SETTINGS,
    MODEL_BASE_URL: options.model.url,
    MODEL_API_KEY: options.model.apiKey,
    MODEL_HEAVY: options.model.model,
    ADMIN_EMAIL: ADMIN.email,
    ADMIN_PASSWORD: ADMIN.password,
    ...options.env,
  });
  try {
    await platform.start();
  } catch (error) {
    await workspace.remove();
    throw error;
  }
  return platform;
}

function createPlatformProcess(
  workspace: TestWorkspace,
  env: Readonly<Record<string, string>>,
): PlatformProcess {
  const endpoints = createPlatformEndpoints(workspace);
  let running: StartedProcess | undefined;

  async function stop(signal: NodeJS.Signals): Promise<void> {
    running?.kill(signal);
    await running?.exit;
  }

  const readTail = () => readOutputTail(workspace, running?.output() ?? '');
  return {
    ...endpoints,
    pid: () => running?.pid ?? 0,
    output: () => running?.output() ?? '',
    readTail,
    kill: () => stop('SIGKILL'),
    async start(extraEnv = {}) {
      running = workspace.start('local/main.ts', [], { env: { ...env, ...extraEnv } });
      await waitForOutput(running, BANNER_END_TEXT).catch(async (cause: unknown) => {
        throw new Error(`the platform did not start:\n${await readTail()}`, { cause });
      });
      await endpoints.readTokens();
    },
    async close() {
      try {
        await stop('SIGTERM');
        await workspace.requireClean();
      } finally {
        await workspace.remove();
      }
    },
  };
}

/** Waits until the output of the process contains the text. Throws if the process exits first. */
export async function waitForOutput(
  process: StartedProcess,
  text: string,
  timeoutMs = START_TIMEOUT_MS,
): Promise<void> {
  let hasEnded = false;
  const onEnd = () => {
    hasEnded = true;
  };
  process.exit.then(onEnd, onEnd);
  await waitUntil(
    `the process prints "${text}"`,
    () => hasEnded || process.output().includes(text),
    timeoutMs,
  );
  if (!process.output().includes(text))
    throw new Error(
      `the process exited before it printed "${text}"; its last lines were:\n${selectLastLines(process.output())}`,
    );
}

/** Returns the last lines of `output` and of the platform's log file. */
export async function readOutputTail(workspace: TestWorkspace, output: string): Promise<string> {
  const path = join(workspace.dataDir, 'platform.log');
  const log = await readFile(path, 'utf8').catch(() => '');
  return `--- output\n${selectLastLines(output)}\n--- ${path}\n${selectLastLines(log)}`;
}

/** Selects the last 40 lines, without the numerous log lines of successful requests. */
function selectLastLines(text: string): string {
  const lines = text.trimEnd().split('\n');
  const relevant = lines.filter((line) => !/"message":"request".*"status":2/.test(line));
  return relevant.slice(-40).join('\n');
}
