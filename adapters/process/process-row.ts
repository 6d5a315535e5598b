import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { ProcessIdentity } from './pod-record.ts';

// Reads the process table of the system: /proc on Linux, ps elsewhere.

/** Row of the process table. */
export type ProcessRow = ProcessIdentity & {
  /** Pid of the parent. */
  readonly parent: number;
  /** Process group. */
  readonly group: number;
  /** Session; on systems other than Linux the process group. */
  readonly session: number;
  readonly isZombie: boolean;
  readonly hasTerminal: boolean;
};

const IS_LINUX = process.platform === 'linux';

/** Reads one process; returns undefined if no process has the pid. A zombie has a row, but is not alive. */
export function readProcess(pid: number): ProcessRow | undefined {
  if (!IS_LINUX) return readPsRows().find((row) => row.pid === pid);
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return undefined;
  }
}

/** Reads all processes. */
export function readProcesses(): ProcessRow[] {
  if (!IS_LINUX) return readPsRows();
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => readProcess(Number(pid)) ?? []);
}

/** Returns true if a process with this pid and this start time exists and is not a zombie. */
export function isAlive(identity: ProcessIdentity | undefined): boolean {
  if (identity === undefined) return false;
  const row = readProcess(identity.pid);
  return row !== undefined && !row.isZombie && row.startTime === identity.startTime;
}

/** Returns the environment at the start of a process as "NAME=value" entries; empty if unreadable. */
export function readEnvironment(pid: number): string[] {
  try {
    if (IS_LINUX) return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
    return execFileSync('ps', ['-E', '-ww', '-o', 'command=', '-p', String(pid)])
      .toString()
      .split(/\s/);
  } catch {
    return [];
  }
}

/** Returns the working directory of a process; undefined if unreadable, and on systems other than Linux. */
export function readWorkingFolder(pid: number): string | undefined {
  try {
    return IS_LINUX ? readlinkSync(`/proc/${pid}/cwd`) : undefined;
  } catch {
    return undefined;
  }
}

/** Parses /proc/<pid>/stat. The second field is the program name in parentheses and may itself contain parentheses. */
export function parseStat(stat: string): ProcessRow {
  const pid = Number(stat.slice(0, stat.indexOf(' ')));
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // The manual page proc(5) numbers the fields from 1; `fields` starts with field 3.
  const readField = (fieldNumber: number) => Number(fields[fieldNumber - 3]);
  return {
    pid,
    parent: readField(4),
    group: readField(5),
    session: readField(6),
    hasTerminal: readField(7) !== 0,
    isZombie: fields[0] === 'Z' || fields[0] === 'X',
    // Field 22 counts clock ticks since the boot, so only the boot id makes the value unique.
    startTime: `${readBootId()}:${fields[22 - 3]}`,
  };
}

let cachedBootId: string | undefined;

function readBootId(): string {
  if (!IS_LINUX) return '';
  cachedBootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  return cachedBootId;
}

function readPsRows(): ProcessRow[] {
  const columns = 'pid=,ppid=,pgid=,stat=,tty=,lstart=';
  const table = execFileSync('ps', ['-axo', columns], {
    env: { LC_ALL: 'C', PATH: '/bin:/usr/bin' },
  });
  return table.toString().split('\n').flatMap(parsePsLine);
}

/** Parses a line of ps; empty for a line without a process. */
export function parsePsLine(line: string): ProcessRow[] {
  const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\S+)\s+(.+?)\s*$/.exec(line);
  if (match === null) return [];
  const [, pid, parent, group, state = '', tty = '', startTime = ''] = match;
  return [
    {
      pid: Number(pid),
      parent: Number(parent),
      group: Number(group),
      // The ps of macOS prints no session id; the group replaces the session.
      session: Number(group),
      hasTerminal: !tty.startsWith('?'),
      isZombie: state.startsWith('Z'),
      startTime,
    },
  ];
}
