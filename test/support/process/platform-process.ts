import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ScriptedTaskModel } from '../model/scripted-task-model.ts';
import type { PlatformEndpoints } from '../platform/platform-endpoints.ts';
import { createPlatformEndpoints } from '../platform/platform-endpoints.ts';
import { waitUntil } from '../wait-until.ts';
import type { StartedProcess, TestWorkspace } from '../workspace/test-workspace.ts';
import { createTestWorkspace } from '../workspace/test-workspace.ts';

// The laptop platform in a separate process, started with `local/main.ts` as people start it.

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
  /** Stops the platform in order, requires that no process, port or file is left, and removes the workspace. */
  close(): Promise<void>;
};

/** Model and additional environment of a platform. */
export type PlatformOptions = {
  readonly model: Pick<ScriptedTaskModel, 'url' | 'apiKey' | 'model'>;
  readonly env?: Readonly<Record<string, string>>;
};

/** Settings for quick reactions, with leases that are long enough on a machine that is busy with other tests. */
const QUICK_SETTINGS = {
  SLOTS: '6',
  LEASE_SECONDS: '20',
  HEARTBEAT_SECONDS: '1',
  LAUNCH_SECONDS: '60',
  MAX_RETRIES: '1',
  SMOL_CLOCK_SECONDS: '10',
};
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

  async function end(signal: NodeJS.Signals): Promise<void> {
    running?.kill(signal);
    await running?.exit;
  }

  const tail = () => readOutputTail(workspace, running?.output() ?? '');
  return {
    ...endpoints,
    pid: () => running?.pid ?? 0,
    output: () => running?.output() ?? '',
    readTail: tail,
    kill: () => end('SIGKILL'),
    async start(extraEnv = {}) {
      running = workspace.start('local/main.ts', [], { env: { ...env, ...extraEnv } });
      await waitForOutput(running, BANNER_END_TEXT).catch(async (cause: unknown) => {
        throw new Error(`the platform did not start:\n${await tail()}`, { cause });
      });
      await endpoints.readTokens();
    },
    async close() {
      try {
        await end('SIGTERM');
        await workspace.requireClean();
      } finally {
        await workspace.remove();
      }
    },
  };
}

/** Waits until the output contains the text. Throws when the process exits before. */
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
  await waitUntil(text, () => hasEnded || process.output().includes(text), timeoutMs);
  if (!process.output().includes(text))
    throw new Error(`the process exited before it printed "${text}"`);
}

/** Returns the last lines of the output and of the platform's log. */
export async function readOutputTail(workspace: TestWorkspace, output: string): Promise<string> {
  const path = join(workspace.dataDir, 'platform.log');
  const log = await readFile(path, 'utf8').catch(() => '');
  return `--- output\n${selectLastLines(output)}\n--- ${path}\n${selectLastLines(log)}`;
}

/** Selects the last lines without successful requests, which are numerous and rarely help. */
function selectLastLines(text: string): string {
  const lines = text.trimEnd().split('\n');
  const relevant = lines.filter((line) => !/"message":"request".*"status":2/.test(line));
  return relevant.slice(-40).join('\n');
}
