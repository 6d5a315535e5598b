import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { isAbsolute, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { NamespaceCommands } from '../../../core/contract/isolation.ts';
import { NAMESPACE_COMMANDS } from '../../../core/contract/isolation.ts';
import { AttemptFailure } from '../attempt-error.ts';
import { isRunning, listChildren } from './find-processes.ts';
import { findProgram } from './find-program.ts';
import type { ProcessTable } from './process-table.ts';
import { killProcessGroup } from './process-table.ts';

// Runs commands in a process namespace, where the system offers one. When the first process of the namespace ends, the system ends all
// others, also processes that left their group, session, parent, environment and working directory.

/** Setting for the isolation: `auto` uses namespaces where the system offers them. */
export type IsolationSetting = 'auto' | 'namespaces' | 'processes';

/** Environment in which an agent, or set-up and verify of one verification, run. */
export type Sandbox = {
  /** Returns the command line that runs `command` in the sandbox, with `cwd` as working directory. */
  wrap(command: readonly string[], cwd: string, path: string): readonly string[];
  /** Ends every process in the sandbox. Throws an AttemptFailure if a process survives. */
  end(): Promise<void>;
};

/** First process of a namespace: waits for the end of its standard input, and collects orphans in the meantime. */
const HOLDER_SCRIPT = 'echo ready; while :; do sleep 3600 & wait; done';
/** Changes to the working directory inside the namespace and starts the command. */
const ENTER_SCRIPT = 'cd "$1" && shift && exec "$@"';
const START_TIMEOUT_MS = 5_000;
const END_TIMEOUT_MS = 3_000;
const POLL_MS = 10;

/** Sandbox without a namespace: the bridge must find and end the processes. */
export const PROCESS_SANDBOX: Sandbox = {
  wrap: (command) => command,
  end: async () => {},
};

/** Creates sandboxes of one kind. */
export class SandboxFactory {
  readonly #processes: ProcessTable;
  readonly #commands: NamespaceCommands | undefined;

  private constructor(processes: ProcessTable, commands: NamespaceCommands | undefined) {
    this.#processes = processes;
    this.#commands = commands;
  }

  /** Finds out which sandboxes the system offers. Throws an AttemptFailure if the setting requires namespaces and there are none. */
  static async open(processes: ProcessTable, setting: IsolationSetting): Promise<SandboxFactory> {
    if (setting === 'processes') return new SandboxFactory(processes, undefined);
    for (const commands of NAMESPACE_COMMANDS) {
      if (await canUse(processes, commands)) return new SandboxFactory(processes, commands);
    }
    if (setting === 'auto') return new SandboxFactory(processes, undefined);
    const message =
      'isolation_missing: SMOL_ISOLATION is namespaces, but this system does not let the bridge create a process namespace (unshare --pid). Allow user namespaces, or set SMOL_ISOLATION=auto';
    throw new AttemptFailure('setup', message);
  }

  /** Isolation of the sandboxes. */
  get isolation(): 'namespaces' | 'processes' {
    return this.#commands ? 'namespaces' : 'processes';
  }

  /** Creates a sandbox. */
  async create(): Promise<Sandbox> {
    return this.#commands ? createNamespace(this.#processes, this.#commands) : PROCESS_SANDBOX;
  }
}

async function canUse(processes: ProcessTable, commands: NamespaceCommands): Promise<boolean> {
  try {
    const sandbox = await createNamespace(processes, commands);
    const path = processes.programPath;
    const { exitCode } = await processes.run(sandbox.wrap(['true'], '/', path), {
      cwd: '/',
      env: { PATH: path },
      signal: AbortSignal.timeout(START_TIMEOUT_MS),
      overflow: 'fail',
      maxChars: 1_000,
    });
    await sandbox.end();
    return exitCode === 0;
  } catch {
    return false;
  }
}

async function createNamespace(
  processes: ProcessTable,
  commands: NamespaceCommands,
): Promise<Sandbox> {
  const holder = processes.spawn([...commands.create, '/bin/sh', '-c', HOLDER_SCRIPT], {
    cwd: '/',
    env: { PATH: processes.programPath },
  });
  await waitUntilReady(holder);
  const [firstPid] = listChildren(holder.pid ?? 0);
  if (firstPid === undefined) throw createSandboxFailure('its first process cannot be found');
  return {
    wrap: (command, cwd, path) => {
      // A missing program is started without the sandbox, so that the error names the program.
      if (!canFindProgram(command[0] ?? '', cwd, path)) return command;
      const script = ['/bin/sh', '-c', ENTER_SCRIPT, 'sh', cwd];
      return [...commands.enter, String(firstPid), '--', ...script, ...command];
    },
    end: async () => {
      killProcessGroup(holder);
      const giveUpAt = performance.now() + END_TIMEOUT_MS;
      while (isRunning(firstPid)) {
        if (performance.now() > giveUpAt) throw createSandboxFailure('its processes do not end');
        await delay(POLL_MS);
      }
    },
  };
}

async function waitUntilReady(holder: ChildProcess): Promise<void> {
  const timeout = AbortSignal.timeout(START_TIMEOUT_MS);
  const failure = once(holder, 'exit', { signal: timeout }).then(() => {
    throw createSandboxFailure('its first process ended');
  });
  const ready = holder.stdout ? once(holder.stdout, 'data', { signal: timeout }) : failure;
  await Promise.race([ready, failure]);
}

function canFindProgram(program: string, cwd: string, path: string): boolean {
  const isRelative = program.includes('/') && !isAbsolute(program);
  return findProgram(isRelative ? join(cwd, program) : program, path) !== undefined;
}

function createSandboxFailure(reason: string): AttemptFailure {
  return new AttemptFailure('infra', `a process namespace of the attempt failed: ${reason}`);
}
