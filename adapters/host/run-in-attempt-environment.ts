import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_PROGRAM_PATH } from '../../core/contract/bridge.ts';

const TIMEOUT_MS = 10_000;
const MAX_OUTPUT_CHARS = 500;
/** Wait for the last output after the exit of a program. */
const MAX_DRAIN_MS = 500;

/** Environment of attempts. */
type AttemptEnvironment = {
  readonly programPath: string | undefined;
  readonly toolEnvironment: Readonly<Record<string, string>>;
};

/** Exit code (undefined: ended by a signal or the timeout) and the start of the output of a program. */
type ProgramRun = { readonly exitCode: number | undefined; readonly output: string };

/** Runs a program in the environment of an attempt; undefined if the PATH has no such program. */
export async function runInAttemptEnvironment(
  command: readonly string[],
  { programPath, toolEnvironment }: AttemptEnvironment,
): Promise<ProgramRun | undefined> {
  const home = await mkdtemp(join(tmpdir(), 'smol-gang-probe-'));
  const env = {
    LANG: 'C.UTF-8',
    TERM: 'dumb',
    CI: '1',
    ...toolEnvironment,
    PATH: programPath ?? DEFAULT_PROGRAM_PATH,
    HOME: home,
    TMPDIR: home,
  };
  try {
    return await runProgram(command, home, env);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

function runProgram(
  [program = '', ...args]: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<ProgramRun | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
    });
    let output = '';
    const addOutput = (chunk: Buffer) => {
      output = `${output}${chunk}`.slice(0, MAX_OUTPUT_CHARS);
    };
    child.stdout.on('data', addOutput);
    child.stderr.on('data', addOutput);
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'EACCES') resolve(undefined);
      else reject(error);
    });
    const finish = () => {
      child.stdout.destroy();
      child.stderr.destroy();
      resolve({ exitCode: child.exitCode ?? undefined, output: output.trim() });
    };
    child.on('close', finish);
    // A process that the program left behind can keep the pipes open, so that they never close.
    child.on('exit', () => setTimeout(finish, MAX_DRAIN_MS).unref());
  });
}
