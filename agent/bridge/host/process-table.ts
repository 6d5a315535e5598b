import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { getAbortReason } from '../attempt-error.ts';

// Everything that the bridge starts, each in a process group of its own, so that it can be killed whole.

export type SpawnOptions = {
  readonly cwd: string;
  /** The whole environment of the child. */
  readonly env: Record<string, string>;
  readonly stdin?: 'pipe' | 'ignore';
};

export type RunOptions = SpawnOptions & {
  readonly signal: AbortSignal;
  readonly timeoutMs?: number;
  /** Written to its standard input. */
  readonly input?: string;
  /** `head`: fails past `maxBytes`; `tail`: keeps the end. Of each stream. */
  readonly keep: 'head' | 'tail';
  readonly maxBytes: number;
};

export type FinishedProcess = {
  /** null: it could not be started, was killed, or ran out of time. */
  readonly exitCode: number | null;
  readonly timedOut: boolean;
  readonly stdout: string;
  readonly stderr: string;
  /** Both streams as they came. */
  readonly output: string;
  readonly durationMs: number;
};

const CLOSE_GRACE_MS = 500;

/** The children of one bridge. Each carries `marker` in its environment: one that left its group is found by that. */
export class ProcessTable {
  readonly marker: string;
  readonly #children = new Set<ChildProcess>();
  #reaper: ChildProcess | undefined;

  constructor(marker: string) {
    this.marker = marker;
  }

  /** Starts the guard that cleans up when the bridge itself is killed. `folder` undefined: it is kept. */
  startReaper(script: string, folder: string | undefined, owner: string): void {
    const reaper = spawn('/bin/sh', [script, `SMOL_CHILD_OF=${this.marker}`, folder ?? '', owner], {
      cwd: '/',
      env: { PATH: '/usr/local/bin:/usr/bin:/bin' },
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    reaper.on('error', () => {});
    reaper.stdin?.on('error', () => {});
    reaper.unref();
    this.#reaper = reaper;
  }

  spawn(command: readonly string[], options: SpawnOptions): ChildProcess {
    const [file = '', ...args] = command;
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: { ...options.env, SMOL_CHILD_OF: this.marker },
      stdio: [options.stdin ?? 'ignore', 'pipe', 'pipe'],
      detached: true,
    });
    if (child.pid === undefined) return child;
    this.#children.add(child);
    this.#reaper?.stdin?.write(`+${child.pid}\n`);
    child.once('exit', () => {
      // What it left behind in the background goes with it.
      killProcessGroup(child);
      this.#children.delete(child);
      this.#reaper?.stdin?.write(`-${child.pid}\n`);
    });
    return child;
  }

  /** Runs to the end. Throws only when `signal` aborts; a command that cannot be started answers exit code null. */
  async run(command: readonly string[], options: RunOptions): Promise<FinishedProcess> {
    if (options.signal.aborted) throw getAbortReason(options.signal);
    const startedAt = performance.now();
    const child = this.spawn(command, {
      ...options,
      stdin: options.input === undefined ? 'ignore' : 'pipe',
    });
    const streams = collectOutput(child, options);
    const kill = () => killProcessGroup(child);
    const stop = { timedOut: false };
    const timer = options.timeoutMs
      ? setTimeout(() => {
          stop.timedOut = true;
          kill();
        }, options.timeoutMs)
      : undefined;
    options.signal.addEventListener('abort', kill, { once: true });
    child.stdin?.on('error', () => {});
    child.stdin?.end(options.input ?? '');
    const end = await waitUntilClosed(child);
    clearTimeout(timer);
    options.signal.removeEventListener('abort', kill);
    if (options.signal.aborted) throw getAbortReason(options.signal);
    const durationMs = Math.round(performance.now() - startedAt);
    if (end.error) streams.add('stderr', `cannot run ${command[0]}: ${end.error.message}\n`);
    const exitCode = stop.timedOut || streams.overflow() ? null : end.code;
    return { ...streams.text(), exitCode, timedOut: stop.timedOut, durationMs };
  }

  /** Kills every child with all it started, at once. */
  killAll(): void {
    for (const child of this.#children) killProcessGroup(child);
    for (const pid of findMarkedProcesses(`SMOL_CHILD_OF=${this.marker}`)) killProcess(pid);
  }

  /** Nothing is left to clean up. */
  dismissReaper(): void {
    this.#reaper?.stdin?.end('done\n');
    this.#reaper = undefined;
  }
}

/** SIGKILL to the group of a child started by a ProcessTable. */
export function killProcessGroup(child: ChildProcess): void {
  if (child.pid !== undefined) killProcess(-child.pid);
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}

function findMarkedProcesses(mark: string): number[] {
  let names: string[];
  try {
    names = readdirSync('/proc');
  } catch {
    return [];
  }
  return names.filter((name) => /^\d+$/.test(name) && hasEnvironmentMark(name, mark)).map(Number);
}

function hasEnvironmentMark(pid: string, mark: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(mark);
  } catch {
    return false;
  }
}

function waitUntilClosed(
  child: ChildProcess,
): Promise<{ readonly code: number | null; readonly error?: Error }> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: null, error }));
    child.once('close', (code) => resolve({ code }));
    child.once('exit', (code) => {
      // A daemon that left the group may hold the pipes open for ever.
      setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
        resolve({ code });
      }, CLOSE_GRACE_MS).unref();
    });
  });
}

function collectOutput(child: ChildProcess, { keep, maxBytes }: RunOptions) {
  const kept = { stdout: '', stderr: '', output: '' };
  let overflow = false;
  const add = (name: 'stdout' | 'stderr', text: string) => {
    for (const key of [name, 'output'] as const) {
      if (keep === 'head' && key === 'output') continue;
      const joined = kept[key] + text;
      // Cut only now and then: cutting at every chunk would copy the text over and over.
      kept[key] =
        keep === 'tail' && joined.length > maxBytes * 2 ? joined.slice(-maxBytes) : joined;
    }
    if (keep === 'head' && kept[name].length > maxBytes && !overflow) {
      overflow = true;
      killProcessGroup(child);
    }
  };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => add('stdout', text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => add('stderr', text));
  return {
    add,
    overflow: () => overflow,
    text: () => ({ ...kept }),
  };
}
