import { spawn } from 'node:child_process';
import { mkdir, readdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listenOnLoopback } from '../../../local/listen-on-loopback.ts';
import { findProcesses, isListening } from '../process/process-scan.ts';
import { waitUntil } from '../wait-until.ts';
import { makeTemporaryDirectory } from './git.ts';

// A folder, ports and an environment of a test's own, so that what is left behind can be told from everything else.

export const CHECKOUT = new URL('../../..', import.meta.url).pathname.replace(/\/$/, '');

const CLEAN_TIMEOUT_MS = 15_000;

export type TestWorkspace = {
  readonly path: string;
  /** Where its platform keeps its data. */
  readonly dataDir: string;
  /** TMPDIR of everything that runs here. */
  readonly tmp: string;
  readonly ports: { readonly api: number; readonly forge: number; readonly model: number };
  /** For processes: nothing of the person who runs the tests is in it. */
  readonly env: Readonly<Record<string, string>>;
  /** Starts Node with a file of this checkout. */
  start(file: string, args: readonly string[], more?: StartOptions): StartedProcess;
  /** Throws when a process, a port or a temporary file is left; attempts have until `withinMs` to notice that they are alone. */
  requireClean(withinMs?: number): Promise<void>;
  /** Throws when the folder of an attempt is left, which a platform that still runs removes once the attempt has ended. */
  requireNoAttempts(withinMs?: number): Promise<void>;
  /** Ends what still runs here, and removes the folder. */
  remove(): Promise<void>;
};

type StartOptions = {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: string;
};

export type StartedProcess = {
  readonly pid: number;
  /** Both streams as they came. */
  output(): string;
  stdout(): string;
  stderr(): string;
  /** The exit code; null when a signal ended it. */
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
    // Everything here starts from the same files, many times.
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
    start: (file, args, more = {}) =>
      startNode(join(CHECKOUT, file), args, { cwd: path, ...more, env: { ...env, ...more.env } }),
    requireClean: (withinMs = CLEAN_TIMEOUT_MS) =>
      requireNothingLeft(() => listLeftovers({ path, tmp, ports }), withinMs),
    requireNoAttempts: (withinMs = CLEAN_TIMEOUT_MS) =>
      requireNothingLeft(() => listAttemptLeftovers(data), withinMs),
    async remove() {
      // Each by the id it was found under, and only what names this very folder.
      for (const { pid } of await findProcesses(path)) endProcess(pid);
      await remove();
    },
  };
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
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
  const heard = { stdout: '', stderr: '', both: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      heard[name] += text;
      heard.both += text;
    });
  }
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  return {
    pid: child.pid ?? 0,
    output: () => heard.both,
    stdout: () => heard.stdout,
    stderr: () => heard.stderr,
    exit: new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve(code));
    }),
    kill: (signal) => void child.kill(signal),
  };
}

/** `look` answers what is left. */
async function requireNothingLeft(look: () => Promise<readonly string[]>, withinMs: number) {
  let left: readonly string[] = [];
  try {
    await waitUntil(
      'nothing is left',
      async () => {
        left = await look();
        return left.length === 0;
      },
      withinMs,
    );
  } catch (cause) {
    throw new Error(`left behind: ${left.join('; ')}`, { cause });
  }
}

async function listLeftovers(
  ground: Pick<TestWorkspace, 'path' | 'tmp' | 'ports'>,
): Promise<string[]> {
  const processes = await findProcesses(ground.path);
  const taken: string[] = [];
  for (const [name, port] of Object.entries(ground.ports))
    if (await isListening(port)) taken.push(`port ${port} (${name})`);
  const files = await readdir(ground.tmp);
  return [
    ...processes.map(({ pid, command }) => `process ${pid} ${command}`),
    ...taken,
    ...files.map((file) => `temporary ${file}`),
  ];
}

/** What begins with a dot is the launcher's own, such as the logs that it keeps. */
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
