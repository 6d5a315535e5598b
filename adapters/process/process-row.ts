import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { ProcessIdentity } from './pod-record.ts';

// The system's process table: /proc on Linux, ps elsewhere.

export type ProcessRow = ProcessIdentity & {
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  readonly isZombie: boolean;
  readonly hasTerminal: boolean;
};

const IS_LINUX = process.platform === 'linux';

/** Undefined: no such process. A zombie is a row, but not alive. */
export function readProcess(pid: number): ProcessRow | undefined {
  if (!IS_LINUX) return readPsRows().find((row) => row.pid === pid);
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return undefined;
  }
}

export function readProcesses(): ProcessRow[] {
  if (!IS_LINUX) return readPsRows();
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => readProcess(Number(pid)) ?? []);
}

export function isAlive(identity: ProcessIdentity | undefined): boolean {
  if (identity === undefined) return false;
  const row = readProcess(identity.pid);
  return row !== undefined && !row.isZombie && row.startTime === identity.startTime;
}

/** What the process was started with, as "NAME=value"; nothing where it cannot be read. */
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

/** Undefined where it cannot be told. */
export function readWorkingFolder(pid: number): string | undefined {
  try {
    return IS_LINUX ? readlinkSync(`/proc/${pid}/cwd`) : undefined;
  } catch {
    return undefined;
  }
}

/** The second field is the program's name in parentheses and may hold anything, also parentheses. */
export function parseStat(stat: string): ProcessRow {
  const pid = Number(stat.slice(0, stat.indexOf(' ')));
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const at = (field: number) => Number(fields[field - 3]);
  return {
    pid,
    parent: at(4),
    group: at(5),
    session: at(6),
    hasTerminal: at(7) !== 0,
    isZombie: fields[0] === 'Z' || fields[0] === 'X',
    // In ticks since the machine started, so it needs to be said which start.
    startTime: `${readBootId()}:${fields[22 - 3]}`,
  };
}

let knownBootId: string | undefined;

function readBootId(): string {
  if (!IS_LINUX) return '';
  knownBootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  return knownBootId;
}

function readPsRows(): ProcessRow[] {
  const columns = 'pid=,ppid=,pgid=,stat=,tty=,lstart=';
  const table = execFileSync('ps', ['-axo', columns], {
    env: { LC_ALL: 'C', PATH: '/bin:/usr/bin' },
  });
  return table.toString().split('\n').flatMap(parsePsLine);
}

export function parsePsLine(line: string): ProcessRow[] {
  const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\S+)\s+(.+?)\s*$/.exec(line);
  if (match === null) return [];
  const [, pid, parent, group, state = '', tty = '', startTime = ''] = match;
  return [
    {
      pid: Number(pid),
      parent: Number(parent),
      group: Number(group),
      // ps there does not tell it; the group stands in.
      session: Number(group),
      hasTerminal: !tty.startsWith('?'),
      isZombie: state.startsWith('Z'),
      startTime,
    },
  ];
}
