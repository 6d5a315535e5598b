import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ScriptedTaskModel } from '../model/scripted-task-model.ts';
import type { PlatformEndpoints } from '../platform/platform-endpoints.ts';
import { createPlatformEndpoints } from '../platform/platform-endpoints.ts';
import { waitUntil } from '../wait-until.ts';
import type { StartedProcess, TestWorkspace } from '../workspace/test-workspace.ts';
import { createTestWorkspace } from '../workspace/test-workspace.ts';

// The laptop platform as people start it: `local/main.ts` in a process of its own.

export const ADMIN = { email: 'admin@example.com', password: 'canary-admin-password-77' };

export type PlatformProcess = PlatformEndpoints & {
  /** Of the process that runs now. */
  pid(): number;
  /** What it printed since it was started last. */
  output(): string;
  /** The last lines of the platform's log and output. */
  readTail(): Promise<string>;
  /** SIGKILL, and waits for the end. */
  kill(): Promise<void>;
  /** Starts it again over the same data. */
  start(env?: Readonly<Record<string, string>>): Promise<void>;
  /** Ends it in order and proves that nothing is left; then the folder goes. */
  close(): Promise<void>;
};

export type PlatformOptions = {
  readonly model: Pick<ScriptedTaskModel, 'url' | 'apiKey' | 'model'>;
  readonly env?: Readonly<Record<string, string>>;
};

/** What people say is heard at once; leases are long enough for a machine that is busy with other tests. */
const QUICK_SETTINGS = {
  SLOTS: '6',
  LEASE_SECONDS: '20',
  HEARTBEAT_SECONDS: '1',
  LAUNCH_SECONDS: '60',
  MAX_RETRIES: '1',
  SMOL_CLOCK_SECONDS: '10',
};
const BANNER_END_TEXT = 'Without root an agent';
const START_TIMEOUT_MS = 60_000;

export async function startPlatformProcess(options: PlatformOptions): Promise<PlatformProcess> {
  const ground = await createTestWorkspace();
  const platform = createPlatformProcess(ground, {
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
    await ground.remove();
    throw error;
  }
  return platform;
}

function createPlatformProcess(
  ground: TestWorkspace,
  env: Readonly<Record<string, string>>,
): PlatformProcess {
  const doors = createPlatformEndpoints(ground);
  let running: StartedProcess | undefined;

  async function end(signal: NodeJS.Signals): Promise<void> {
    running?.kill(signal);
    await running?.exit;
  }

  const tail = () => readOutputTail(ground, running?.output() ?? '');
  return {
    ...doors,
    pid: () => running?.pid ?? 0,
    output: () => running?.output() ?? '',
    readTail: tail,
    kill: () => end('SIGKILL'),
    async start(more = {}) {
      running = ground.start('local/main.ts', [], { env: { ...env, ...more } });
      await waitForOutput(running, BANNER_END_TEXT).catch(async (cause: unknown) => {
        throw new Error(`the platform did not start:\n${await tail()}`, { cause });
      });
      await doors.readTokens();
    },
    async close() {
      try {
        await end('SIGTERM');
        await ground.requireClean();
      } finally {
        await ground.remove();
      }
    },
  };
}

/** Throws when the process ends before. */
export async function waitForOutput(
  process: StartedProcess,
  text: string,
  timeoutMs = START_TIMEOUT_MS,
): Promise<void> {
  let ended = false;
  const onEnd = () => {
    ended = true;
  };
  process.exit.then(onEnd, onEnd);
  await waitUntil(text, () => ended || process.output().includes(text), timeoutMs);
  if (!process.output().includes(text)) throw new Error('the process has ended');
}

/** The end of what a platform printed and of its log. */
export async function readOutputTail(ground: TestWorkspace, output: string): Promise<string> {
  const path = join(ground.dataDir, 'platform.log');
  const log = await readFile(path, 'utf8').catch(() => '');
  return `--- output\n${selectLastLines(output)}\n--- ${path}\n${selectLastLines(log)}`;
}

/** Requests that went well are left out: they are many and say little. */
function selectLastLines(text: string): string {
  const lines = text.trimEnd().split('\n');
  const telling = lines.filter((line) => !/"message":"request".*"status":2/.test(line));
  return telling.slice(-40).join('\n');
}
