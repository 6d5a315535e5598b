import { spawn } from 'node:child_process';
import { mkdir, readdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listenOnLoopback } from '../../../local/listen-on-loopback.ts';
import { findProcesses, isListening } from '../process/process-scan.ts';
import { waitUntil } from '../wait-until.ts';
import { makeTemporaryDirectory } from './git.ts';

// A workspace gives each test its own folder, ports and environment, which identify everything the test leaves behind.

export const CHECKOUT = new URL('../../..', import.meta.url).pathname.replace(/\/$/, '');

const CLEAN_TIMEOUT_MS = 15_000;

/** Folder, ports and environment of a test. */
export type TestWorkspace = {
  readonly path: string;
  /** Data folder of the platform. */
  readonly dataDir: string;
  /** TMPDIR of all processes of the workspace. */
  readonly tmp: string;
  readonly ports: { readonly api: number; readonly forge: number; readonly model: number };
  /** Environment of processes, without the settings of the person who runs the tests. */
  readonly env: Readonly<Record<string, string>>;
  /** Starts Node with a file of this checkout. */
  start(file: string, args: readonly string[], options?: StartOptions): StartedProcess;
  /** Throws when a process, a port or a temporary file is left after `withinMs`, in which orphaned attempts may end. */
  requireClean(withinMs?: number): Promise<void>;
  /** Throws when the folder of an attempt is left after `withinMs`; a running platform removes folders of ended attempts. */
  requireNoAttempts(withinMs?: number): Promise<void>;
  /** Kills the remaining processes and removes the folder. */
  remove(): Promise<void>;
};

type StartOptions = {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: string;
};

/** Started child process. */
export type StartedProcess = {
  readonly pid: number;
  /** Returns both streams in order of arrival. */
  output(): string;
  stdout(): string;
  stderr(): string;
  /** Exit code; null after a signal. */
  readonly exit: Promise<number | null>;
  kill(signal: NodeJS.Signals): void;
};

export async function createTestWorkspace(): Promise<TestWorkspace> {
  const { path, remove } = await makeTemporaryDirectory('smol-gang-e2e');
  const tmp = join(path, 'tmp');
  const home = join(path, 'home');
  await mkdir(tmp);
  await mkdir(home);
  const [api, forge, model] = [await findFreePort(), await findFreePort(), await findFreePort()];
  const ports = { api, forge, model };
  const data = join(path, 'data');
  const env = {
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    HOME: home,
    TMPDIR: tmp,
    LANG: 'C.UTF-8',
    // A shared cache, because the tests start the same files many times.
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(tmpdir(), 'node-compile-cache'),
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    SMOL_DATA_DIR: data,
    PORT: String(api),
    SMOL_FORGE_PORT: String(forge),
    SMOL_MODEL_PORT: String(model),
  };
  return {
    path,
    dataDir: data,
    tmp,
    ports,
    env,
    start: (file, args, options = {}) =>
      startNode(join(CHECKOUT, file), args, {
        cwd: path,
        ...options,
        env: { ...env, ...options.env },
      }),
    requireClean: (withinMs = CLEAN_TIMEOUT_MS) =>
      requireNothingLeft(() => listLeftovers({ path, tmp, ports }), withinMs),
    requireNoAttempts: (withinMs = CLEAN_TIMEOUT_MS) =>
      requireNothingLeft(() => listAttemptLeftovers(data), withinMs),
    async remove() {
      // Only processes that refer to this folder, each by its id.
      for (const { pid } of await findProcesses(path)) endProcess(pid);
      await remove();
    },
  };
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // The process has ended in the meantime.
  }
}

function startNode(
  file: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: Record<string, string>; readonly input?: string },
): StartedProcess {
  const child = spawn(process.execPath, [file, ...args], {
    cwd: options.cwd,
    env: options.env,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const streams = { stdout: '', stderr: '', all: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      streams[name] += text;
      streams.all += text;
    });
  }
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  return {
    pid: child.pid ?? 0,
    output: () => streams.all,
    stdout: () => streams.stdout,
    stderr: () => streams.stderr,
    exit: new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve(code));
    }),
    kill: (signal) => void child.kill(signal),
  };
}

/** Waits until `list` returns nothing. Throws with the leftovers after the timeout. */
async function requireNothingLeft(list: () => Promise<readonly string[]>, withinMs: number) {
  let leftovers: readonly string[] = [];
  try {
    await waitUntil(
      'no process, port or file is left',
      async () => {
        leftovers = await list();
        return leftovers.length === 0;
      },
      withinMs,
    );
  } catch (cause) {
    throw new Error(`left behind: ${leftovers.join('; ')}`, { cause });
  }
}

async function listLeftovers(
  workspace: Pick<TestWorkspace, 'path' | 'tmp' | 'ports'>,
): Promise<string[]> {
  const processes = await findProcesses(workspace.path);
  const taken: string[] = [];
  for (const [name, port] of Object.entries(workspace.ports))
    if (await isListening(port)) taken.push(`port ${port} (${name})`);
  const files = await readdir(workspace.tmp);
  return [
    ...processes.map(({ pid, command }) => `process ${pid} ${command}`),
    ...taken,
    ...files.map((file) => `temporary ${file}`),
  ];
}

/** Lists the folders of attempts; names with a leading dot belong to the launcher, such as its logs. */
async function listAttemptLeftovers(data: string): Promise<string[]> {
  const names = await readdir(join(data, 'attempts', 'pods'));
  return names.filter((name) => !name.startsWith('.')).map((name) => `attempt ${name}`);
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  const port = await listenOnLoopback(server, 0);
  await new Promise((resolve) => server.close(resolve));
  return port;
}
