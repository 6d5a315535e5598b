import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AppError } from '../../core/base/app-error.ts';
import type { PodSpec } from '../../core/port/launcher.ts';
import { appendLauncherLine, getBridgeLogPath } from './bridge-log.ts';
import { formatPodMarker } from './pod-member.ts';
import type { ProcessIdentity } from './pod-record.ts';
import { readProcess } from './process-row.ts';

export type BridgeStart = {
  readonly folder: string;
  readonly uid: string;
  readonly nodePath: string;
  readonly bridgeEntry: string;
  readonly mirrorDir: string | undefined;
  /** PATH of the bridge; default: the system's, with the folder of `nodePath`. */
  readonly path: string | undefined;
  readonly env: Readonly<Record<string, string>>;
};

/** Starts the bridge in a session of its own, with this environment and no other. The secret is nowhere else. */
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
  return code === null ? `the bridge was ended by ${signal}` : `the bridge ended with code ${code}`;
}

function createEnvironment(spec: PodSpec, start: BridgeStart): Record<string, string> {
  const [marker = '', uid = ''] = formatPodMarker(start.uid).split('=');
  return {
    ...start.env,
    PATH: start.path ?? `${dirname(start.nodePath)}:/usr/local/bin:/usr/bin:/bin`,
    SMOL_API_URL: spec.apiUrl,
    SMOL_ATTEMPT_ID: spec.attemptId,
    SMOL_ATTEMPT_TOKEN: spec.token,
    SMOL_WORK_DIR: join(start.folder, 'work'),
    ...(start.mirrorDir === undefined ? {} : { SMOL_MIRROR_DIR: start.mirrorDir }),
    [marker]: uid,
  };
}

async function waitForStartError(child: ChildProcess): Promise<Error> {
  return await new Promise((resolve) => child.once('error', resolve));
}

const FULL_MACHINE_CODES = new Set(['EAGAIN', 'ENOMEM', 'EMFILE', 'ENFILE', 'ENOSPC', 'EDQUOT']);
const RETRY_DELAY_MS = 15_000;

/** A full machine is one to come back to; anything else is not. */
export function toLauncherError(error: unknown, now: number): AppError {
  if (error instanceof AppError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const message = `the bridge could not be started: ${error instanceof Error ? error.message : String(error)}`;
  if (!FULL_MACHINE_CODES.has(code))
    return new AppError('bug', 'launch_failed', message, { cause: error });
  return new AppError('paused', 'launcher_full', message, {
    details: { until: now + RETRY_DELAY_MS },
    cause: error,
  });
}
