import { spawn } from 'node:child_process';
import { mkdir, readdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sendSignal } from '../../../core/base/send-signal.ts';
import { listenOnLoopback } from '../../../local/listen-on-loopback.ts';
import { findProcesses, isListening } from '../process/process-scan.ts';
import { waitUntil } from '../wait-until.ts';
import { makeTemporaryDirectory } from './git.ts';

// A workspace gives each test a separate folder, ports and environment, so that leftovers of the test can be found.

/** Root folder of this checkout. */
export const CHECKOUT_DIR = new URL('../../..', import.meta.url).pathname.replace(/\/$/, '');

/** Processes of a test may need this time to exit. */
const CLEAN_TIMEOUT_MS = 15_000;

/** Folder, ports and environment of a test. */
export type TestWorkspace = {
  readonly path: string;
  /** Data folder of the platform. */
  readonly dataDir: string;
  /** TMPDIR of all processes of the workspace. */
  readonly tmp: string;
  readonly ports: { readonly api: number; readonly forge: number; readonly model: number };
  /** Environment of all processes of the workspace, without the settings of the user who runs the tests. */
  readonly env: Readonly<Record<string, string>>;
  /** Starts Node with a file of this checkout. */
  start(file: string, args: readonly string[], options?: StartOptions): StartedProcess;
  /** Waits up to `withinMs` milliseconds. Throws if a process, an open port or a temporary file of the workspace remains. */
  requireClean(withinMs?: number): Promise<void>;
  /** Waits up to `withinMs` milliseconds. Throws if the platform has not removed the folders of all attempts. */
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
  const dataDir = join(path, 'data');
  const env = {
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    HOME: home,
    TMPDIR: tmp,
    LANG: 'C.UTF-8',
    // All tests share one cache, because the tests start the same files many times.
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(tmpdir(), 'node-compile-cache'),
    // Runs a suite over the other kind of store.
    ...(process.env.STORE === undefined ? {} : { STORE: process.env.STORE }),
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    SMOL_DATA_DIR: dataDir,
    PORT: String(api),
    SMOL_FORGE_PORT: String(forge),
    SMOL_MODEL_PORT: String(model),
  };
  return {
    path,
    dataDir,
    tmp,
    ports,
    env,
    start: (file, args, options = {}) =>
      startNode(join(CHECKOUT_DIR, file), args, {
        cwd: path,
        ...options,
        env: { ...env, ...options.env },
      }),
    requireClean: (withinMs = CLEAN_TIMEOUT_MS) =>
      requireNothingLeft(() => listLeftovers({ path, tmp, ports }), withinMs),
    requireNoAttempts: (withinMs = CLEAN_TIMEOUT_MS) =>
      requireNothingLeft(() => listAttemptLeftovers(dataDir), withinMs),
    async remove() {
      // Kills only processes whose command line, working folder or environment contains the path of this workspace.
      for (const { pid } of await findProcesses(path)) sendSignal(pid, 'SIGKILL');
      await remove();
    },
  };
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

/** Waits until `list` returns an empty list. After the timeout, throws an error that names the leftovers. */
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
    throw new Error(`the test left behind: ${leftovers.join('; ')}`, { cause });
  }
}

async function listLeftovers(
  workspace: Pick<TestWorkspace, 'path' | 'tmp' | 'ports'>,
): Promise<string[]> {
  const processes = await findProcesses(workspace.path);
  const openPorts: string[] = [];
  for (const [name, port] of Object.entries(workspace.ports))
    if (await isListening(port)) openPorts.push(`port ${port} (${name})`);
  const files = await readdir(workspace.tmp);
  return [
    ...processes.map(({ pid, command }) => `process ${pid} ${command}`),
    ...openPorts,
    ...files.map((file) => `temporary file ${file}`),
  ];
}

/** Lists the folders of attempts. A name with a leading dot is no attempt: the launcher stores logs there. */
async function listAttemptLeftovers(dataDir: string): Promise<string[]> {
  const names = await readdir(join(dataDir, 'attempts', 'pods'));
  return names.filter((name) => !name.startsWith('.')).map((name) => `attempt ${name}`);
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  const port = await listenOnLoopback(server, 0);
  await new Promise((resolve) => server.close(resolve));
  return port;
}
