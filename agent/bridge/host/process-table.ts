import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { sendSignal } from '../../../core/base/send-signal.ts';
import { DEFAULT_PROGRAM_PATH } from '../../../core/contract/bridge.ts';
import { AttemptFailure, getAbortReason } from '../attempt-error.ts';
import { findAttemptProcesses } from './find-processes.ts';

// Starts and kills child processes of the bridge. Each child leads a process group, so one signal kills the child and all descendants
// in its group.

/** Options to start a child process. */
export type SpawnOptions = {
  readonly cwd: string;
  /** Complete environment of the child; only the marker variable is added. */
  readonly env: Record<string, string>;
  /** Default: `ignore`. */
  readonly stdin?: 'pipe' | 'ignore';
};

/** Options to run a command until it exits. */
export type RunOptions = SpawnOptions & {
  /** Kills the command when aborted. */
  readonly signal: AbortSignal;
  /** Time after which the command is killed, milliseconds. Default: unlimited. */
  readonly timeoutMs?: number;
  /** Text (as UTF-8) or bytes for standard input. Default: standard input is closed. */
  readonly input?: string | Buffer;
  /** Encoding of standard output. Default: `utf8`; with `latin1`, each character is one byte. */
  readonly stdoutEncoding?: 'utf8' | 'latin1';
  /** Reaction to output above `maxChars`: `fail` kills the command, `tail` drops the beginning of the output. */
  readonly overflow: 'fail' | 'tail';
  /** Limit of each output stream, characters. With `tail`, the output may be up to twice as long. */
  readonly maxChars: number;
};

/** Outcome of a command. */
export type FinishedProcess = {
  /** Exit code; null if the command did not start or was killed, also because of its time or output limit. */
  readonly exitCode: number | null;
  readonly hasTimedOut: boolean;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output and standard error in order of arrival. Empty if `overflow` is `fail`. */
  readonly output: string;
  readonly durationMs: number;
};

/** Longest wait after the exit of a command until its output pipes close, milliseconds. */
const CLOSE_GRACE_MS = 500;
/** Longest time for all processes of an attempt to end after SIGKILL, milliseconds. */
const END_WAIT_MS = 3_000;
const END_POLL_MS = 20;
/** Variable in the environment of every child. Identifies children that have left their process group. */
const MARKER_VARIABLE = 'SMOL_CHILD_OF';

/** Starts, tracks and kills the child processes of one bridge; not to be confused with the process table of the system. */
export class ProcessTable {
  /** Value of the marker variable, unique for each bridge. */
  readonly marker: string;
  /** PATH for the environment of children. */
  readonly programPath: string;
  /** Settings of networks, tool chains and registries for the environment of children. */
  readonly toolEnvironment: Readonly<Record<string, string>>;
  readonly #children = new Set<ChildProcess>();
  /** Process ids of all children so far. */
  readonly #leaders = new Set<number>();
  #reaper: ChildProcess | undefined;

  constructor(
    marker: string,
    programPath: string,
    toolEnvironment: Readonly<Record<string, string>> = {},
  ) {
    this.marker = marker;
    this.toolEnvironment = toolEnvironment;
    this.programPath = programPath;
  }

  /**
   * Starts the script that kills all children and removes `folder` when the bridge dies without a call of `dismissReaper`.
   *
   * @param folder undefined: no folder is removed
   * @param bridgePid process id of the bridge
   */
  startReaper(script: string, folder: string | undefined, bridgePid: number): void {
    const args = [script, this.#markerEntry, folder ?? '', String(bridgePid)];
    const reaper = spawn('/bin/sh', args, {
      cwd: '/',
      env: { PATH: DEFAULT_PROGRAM_PATH },
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    reaper.on('error', () => {});
    reaper.stdin?.on('error', () => {});
    reaper.unref();
    this.#reaper = reaper;
  }

  /** Starts a child. If the command cannot be started, the child emits the event `error`. */
  spawn(command: readonly string[], options: SpawnOptions): ChildProcess {
    const [file = '', ...args] = command;
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: { ...options.env, [MARKER_VARIABLE]: this.marker },
      stdio: [options.stdin ?? 'ignore', 'pipe', 'pipe'],
      detached: true,
    });
    if (child.pid === undefined) return child;
    this.#children.add(child);
    this.#leaders.add(child.pid);
    this.#reaper?.stdin?.write(`+${child.pid}\n`);
    child.once('exit', () => {
      // Background processes of the child must not outlive the child.
      killProcessGroup(child);
      this.#children.delete(child);
      this.#reaper?.stdin?.write(`-${child.pid}\n`);
    });
    return child;
  }

  /** Runs a command until it exits. Throws only if `signal` aborts. If the command cannot be started, the exit code is null. */
  async run(command: readonly string[], options: RunOptions): Promise<FinishedProcess> {
    if (options.signal.aborted) throw getAbortReason(options.signal);
    const startedAt = performance.now();
    const child = this.spawn(command, {
      ...options,
      stdin: options.input === undefined ? 'ignore' : 'pipe',
    });
    const streams = collectOutput(child, options);
    const kill = () => killProcessGroup(child);
    let hasTimedOut = false;
    const onTimeout = () => {
      hasTimedOut = true;
      kill();
    };
    const timer = options.timeoutMs ? setTimeout(onTimeout, options.timeoutMs) : undefined;
    options.signal.addEventListener('abort', kill, { once: true });
    child.stdin?.on('error', () => {});
    child.stdin?.end(options.input ?? '');
    const exit = await waitUntilEnded(child);
    clearTimeout(timer);
    options.signal.removeEventListener('abort', kill);
    if (options.signal.aborted) throw getAbortReason(options.signal);
    const durationMs = Math.round(performance.now() - startedAt);
    if (exit.error) streams.add('stderr', `cannot start ${command[0]}: ${exit.error.message}\n`);
    const exitCode = hasTimedOut || streams.hasOverflowed() ? null : exit.code;
    return { ...streams.getText(), exitCode, hasTimedOut, durationMs };
  }

  /** Sends SIGKILL to all children and their descendants and returns at once. `endAll` waits for the end of the processes. */
  killAll(): void {
    for (const child of this.#children) killProcessGroup(child);
    for (const pid of this.#findProcesses(undefined)) sendSignal(pid, 'SIGKILL');
  }

  /**
   * Ends every process of the attempt, also processes that left their group and session. Throws an AttemptFailure if a process still
   * runs after three seconds.
   *
   * @param folder folder of the attempt; a process that uses this folder belongs to the attempt
   */
  async endAll(folder: string): Promise<void> {
    const giveUpAt = performance.now() + END_WAIT_MS;
    for (;;) {
      for (const child of this.#children) killProcessGroup(child);
      const pids = this.#findProcesses(folder);
      if (pids.length === 0) return;
      if (performance.now() > giveUpAt) {
        const message = `processes of the agent still run ${END_WAIT_MS / 1_000} s after SIGKILL: ${pids.join(', ')}`;
        throw new AttemptFailure('infra', message);
      }
      for (const pid of pids) sendSignal(pid, 'SIGKILL');
      await delay(END_POLL_MS);
    }
  }

  #findProcesses(folder: string | undefined): number[] {
    const reaperPid = this.#reaper?.pid;
    return findAttemptProcesses({
      markerEntry: this.#markerEntry,
      folder,
      leaders: this.#leaders,
      runningLeaders: new Set([...this.#children].flatMap((child) => child.pid ?? [])),
      excluded: new Set(reaperPid === undefined ? [] : [reaperPid]),
    });
  }

  /** Makes the script of `startReaper` exit without a clean-up. */
  dismissReaper(): void {
    this.#reaper?.stdin?.end('done\n');
    this.#reaper = undefined;
  }

  get #markerEntry(): string {
    return `${MARKER_VARIABLE}=${this.marker}`;
  }
}

/** Sends SIGKILL to the process group of a child of a ProcessTable. */
export function killProcessGroup(child: ChildProcess): void {
  if (child.pid !== undefined) sendSignal(-child.pid, 'SIGKILL');
}

function waitUntilEnded(
  child: ChildProcess,
): Promise<{ readonly code: number | null; readonly error?: Error }> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: null, error }));
    child.once('close', (code) => resolve({ code }));
    child.once('exit', (code) => {
      // A daemon outside the process group may keep the pipes open forever.
      setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
        resolve({ code });
      }, CLOSE_GRACE_MS).unref();
    });
  });
}

function collectOutput(child: ChildProcess, options: RunOptions) {
  const { overflow, maxChars, stdoutEncoding = 'utf8' } = options;
  const text = { stdout: '', stderr: '', output: '' };
  let hasOverflowed = false;
  const addTail = (name: 'stdout' | 'stderr', chunk: string) => {
    for (const key of [name, 'output'] as const) {
      const joined = text[key] + chunk;
      // The text is cut only at twice the limit, because a cut at every chunk would copy the whole text each time.
      text[key] = joined.length > maxChars * 2 ? joined.slice(-maxChars) : joined;
    }
  };
  const addOrFail = (name: 'stdout' | 'stderr', chunk: string) => {
    text[name] += chunk;
    if (text[name].length <= maxChars || hasOverflowed) return;
    hasOverflowed = true;
    killProcessGroup(child);
  };
  const add = overflow === 'tail' ? addTail : addOrFail;
  child.stdout?.setEncoding(stdoutEncoding).on('data', (chunk: string) => add('stdout', chunk));
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => add('stderr', chunk));
  return { add, hasOverflowed: () => hasOverflowed, getText: () => ({ ...text }) };
}
