import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AppError } from '../../core/base/app-error.ts';
import { describeError } from '../../core/base/describe-error.ts';
import { BRIDGE_ENVIRONMENT, DEFAULT_PROGRAM_PATH } from '../../core/contract/bridge.ts';
import type { PodSpec } from '../../core/port/launcher.ts';
import { appendLauncherLine, getBridgeLogPath } from './bridge-log.ts';
import { hasErrorCode } from './has-error-code.ts';
import { POD_UID_VARIABLE } from './pod-member.ts';
import type { ProcessIdentity } from './pod-record.ts';
import { readProcess } from './process-row.ts';

/** Settings for the start of one bridge, in addition to the specification of its pod. */
export type BridgeStart = {
  /** Real path of the folder of the pod. */
  readonly folder: string;
  readonly uid: string;
  readonly nodePath: string;
  readonly bridgeEntry: string;
  readonly mirrorDir: string | undefined;
  /** PATH of the bridge. Default: the folder of `nodePath` and the folders of the system. */
  readonly path: string | undefined;
  /** Additional environment variables. */
  readonly env: Readonly<Record<string, string>>;
};

/**
 * Starts the bridge in a new session, with none of the environment variables of the launcher. The token is passed in the
 * environment only, never in an argument or file.
 */
export async function startBridge(spec: PodSpec, start: BridgeStart): Promise<ProcessIdentity> {
  const { O_APPEND, O_CREAT, O_WRONLY } = constants;
  const log = openSync(getBridgeLogPath(start.folder), O_APPEND | O_CREAT | O_WRONLY, 0o600);
  try {
    const child = spawn(start.nodePath, [start.bridgeEntry], {
      cwd: start.folder,
      env: createEnvironment(spec, start),
      detached: true,
      stdio: ['ignore', log, log],
    });
    if (child.pid === undefined) throw await waitForStartError(child);
    const startTime = readProcess(child.pid)?.startTime ?? '';
    child.on(
      'exit',
      (code, signal) => void appendLauncherLine(start.folder, formatExit(code, signal)),
    );
    child.unref();
    return { pid: child.pid, startTime };
  } finally {
    closeSync(log);
  }
}

function formatExit(code: number | null, signal: string | null): string {
  return code === null
    ? `the bridge was killed by ${signal}`
    : `the bridge exited with code ${code}`;
}

function createEnvironment(spec: PodSpec, start: BridgeStart): Record<string, string> {
  const variables = BRIDGE_ENVIRONMENT;
  return {
    ...start.env,
    [variables.programPath]: start.path ?? `${dirname(start.nodePath)}:${DEFAULT_PROGRAM_PATH}`,
    [variables.apiUrl]: spec.apiUrl,
    [variables.attemptId]: spec.attemptId,
    [variables.token]: spec.token,
    [variables.workDir]: join(start.folder, 'work'),
    ...(start.mirrorDir === undefined ? {} : { [variables.mirrorDir]: start.mirrorDir }),
    [POD_UID_VARIABLE]: start.uid,
  };
}

async function waitForStartError(child: ChildProcess): Promise<Error> {
  return await new Promise((resolve) => child.once('error', resolve));
}

/** System error codes that mean: no free process, memory, file descriptor or disk space. */
const OUT_OF_RESOURCES_CODES = ['EAGAIN', 'ENOMEM', 'EMFILE', 'ENFILE', 'ENOSPC', 'EDQUOT'];
const RETRY_DELAY_MS = 15_000;

/**
 * Converts an error of a start into an AppError: `paused` if the machine lacks resources, `bug` for any other error.
 *
 * @param now epoch milliseconds
 */
export function toLauncherError(error: unknown, now: number): AppError {
  if (error instanceof AppError) return error;
  const reason = describeError(error);
  if (!hasErrorCode(error, ...OUT_OF_RESOURCES_CODES)) {
    const message = `the bridge could not be started: ${reason}`;
    return new AppError('bug', 'launch_failed', message, { cause: error });
  }
  const message = `the machine has too few resources to start the bridge (${reason}); smol-gang tries again after ${RETRY_DELAY_MS / 1_000} s`;
  return new AppError('paused', 'launcher_full', message, {
    details: { until: now + RETRY_DELAY_MS },
    cause: error,
  });
}
