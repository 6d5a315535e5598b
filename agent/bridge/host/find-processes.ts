import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { sep } from 'node:path';

// Finds the processes that an attempt left behind, also if they have left their process group or session, or have lost their parent or
// their environment.

/** Row of the process table of the system. */
export type ProcessEntry = {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** Session; on systems without /proc the process group. */
  readonly session: number;
  readonly isZombie: boolean;
  readonly hasTerminal: boolean;
};

/** Facts by which the processes of an attempt are recognised. */
export type ProcessTraces = {
  /** "NAME=value" in the environment of every process that the bridge starts. */
  readonly markerEntry: string;
  /** Absolute path of the folder of the attempt; undefined: the use of a folder is no trace. */
  readonly folder: string | undefined;
  /** Process ids of all processes that the bridge has started, each of which led a process group and a session. */
  readonly leaders: ReadonlySet<number>;
  /** Leaders that still run. The system has reused the process id of any other leader that exists. */
  readonly runningLeaders: ReadonlySet<number>;
  /** Processes that must survive; the bridge and its ancestors survive in any case. */
  readonly excluded: ReadonlySet<number>;
};

const IS_LINUX = process.platform === 'linux';

/** Returns the process ids of all live processes that belong to the attempt. */
export function findAttemptProcesses(traces: ProcessTraces): number[] {
  const entries = IS_LINUX ? readProcEntries() : readPsEntries();
  const excluded = new Set([...traces.excluded, ...listAncestors(entries, process.pid)]);
  const leaders = new Set(traces.leaders);
  for (const { pid } of entries) if (!traces.runningLeaders.has(pid)) leaders.delete(pid);
  const readDetails = IS_LINUX ? readProcDetails : createPsDetailReader();
  const isMember = (entry: ProcessEntry) =>
    leaders.has(entry.group) ||
    leaders.has(entry.session) ||
    hasTrace(readDetails(entry.pid), entry.hasTerminal, traces);
  return selectWithDescendants(entries, isMember, excluded);
}

/** Returns the process ids of the children of a process. */
export function listChildren(pid: number): number[] {
  const entries = IS_LINUX ? readProcEntries() : readPsEntries();
  return entries.filter((entry) => entry.parent === pid).map((entry) => entry.pid);
}

/** Returns whether a process exists and is not a zombie. */
export function isRunning(pid: number): boolean {
  const entries = IS_LINUX ? parseStat(readProcFile(pid, 'stat')) : readPsEntries();
  return entries.some((entry) => entry.pid === pid && !entry.isZombie);
}

/** Selects the live processes for which `isMember` is true, and all their descendants. Neither may be in `excluded`. */
export function selectWithDescendants(
  entries: readonly ProcessEntry[],
  isMember: (entry: ProcessEntry) => boolean,
  excluded: ReadonlySet<number>,
): number[] {
  const candidates = entries.filter((entry) => !excluded.has(entry.pid));
  const selected = new Set(candidates.filter(isMember).map((entry) => entry.pid));
  // A descendant may come before its parent in the table, so the search repeats until no process is added.
  for (let previousSize = -1; previousSize !== selected.size; ) {
    previousSize = selected.size;
    for (const { pid, parent } of candidates) if (selected.has(parent)) selected.add(pid);
  }
  return candidates
    .filter(({ pid, isZombie }) => !isZombie && selected.has(pid))
    .map(({ pid }) => pid);
}

/** Returns the process ids of a process and its ancestors, with 0 and 1. */
function listAncestors(entries: readonly ProcessEntry[], pid: number): Set<number> {
  const parents = new Map(entries.map((entry) => [entry.pid, entry.parent]));
  const ancestors = new Set([0, 1]);
  for (let next: number | undefined = pid; next !== undefined && !ancestors.has(next); ) {
    ancestors.add(next);
    next = parents.get(next);
  }
  return ancestors;
}

/** Texts in which a process may name the attempt. */
type ProcessDetails = {
  readonly environment: readonly string[];
  readonly commandLine: string;
  /** Working directory, root directory, program and open files. */
  readonly paths: readonly string[];
};

/**
 * Returns whether a process carries the marker, or names the folder of the attempt in its environment, arguments, working directory or
 * open files. For a process with a terminal, only the environment counts: such a process may be the shell or editor of a person who
 * looks into the folder.
 */
function hasTrace(details: ProcessDetails, hasTerminal: boolean, traces: ProcessTraces): boolean {
  const { folder, markerEntry } = traces;
  const { environment, commandLine, paths } = details;
  if (environment.includes(markerEntry)) return true;
  if (folder === undefined) return false;
  const isInside = (path: string) => path === folder || path.startsWith(folder + sep);
  const homeEntries = environment.filter((entry) => /^(HOME|TMPDIR)=/.test(entry));
  if (homeEntries.some((entry) => isInside(entry.slice(entry.indexOf('=') + 1)))) return true;
  return !hasTerminal && (commandLine.includes(folder + sep) || paths.some(isInside));
}

function readProcDetails(pid: number): ProcessDetails {
  return {
    environment: readProcFile(pid, 'environ').split('\0'),
    commandLine: readProcFile(pid, 'cmdline'),
    get paths() {
      return listOpenPaths(pid);
    },
  };
}

/** Reads the arguments and environments of all processes with one ps, which prints both in one line without a separator. */
function createPsDetailReader(): (pid: number) => ProcessDetails {
  const lines = runPs(['-axwwE', '-o', 'pid=,command=']).split('\n');
  const lineByPid = new Map(lines.map((line) => [Number.parseInt(line, 10), line]));
  return (pid) => {
    const line = lineByPid.get(pid) ?? '';
    return { environment: line.split(/\s/), commandLine: line, paths: [] };
  };
}

function listOpenPaths(pid: number): string[] {
  const links = ['cwd', 'root', 'exe', ...listNames(`/proc/${pid}/fd`).map((name) => `fd/${name}`)];
  return links.flatMap((link) => {
    try {
      return [readlinkSync(`/proc/${pid}/${link}`)];
    } catch {
      return [];
    }
  });
}

function readProcEntries(): ProcessEntry[] {
  return listNames('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => parseStat(readProcFile(Number(name), 'stat')));
}

/** Parses /proc/<pid>/stat; empty for an empty text. The second field is the program name in parentheses and may contain parentheses. */
export function parseStat(stat: string): ProcessEntry[] {
  if (stat === '') return [];
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, parent, group, session, terminal] = fields;
  return [
    {
      pid: Number.parseInt(stat, 10),
      parent: Number(parent),
      group: Number(group),
      session: Number(session),
      hasTerminal: terminal !== '0',
      isZombie: state === 'Z' || state === 'X',
    },
  ];
}

function readPsEntries(): ProcessEntry[] {
  return runPs(['-axo', 'pid=,ppid=,pgid=,stat=,tty=']).split('\n').flatMap(parsePsLine);
}

/** Parses a line of ps; empty for a line without a process. The ps of macOS prints no session, so the group replaces the session. */
export function parsePsLine(line: string): ProcessEntry[] {
  const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\S+)/.exec(line);
  if (!match) return [];
  const [, pid, parent, group, state = '', terminal = ''] = match;
  return [
    {
      pid: Number(pid),
      parent: Number(parent),
      group: Number(group),
      session: Number(group),
      hasTerminal: !terminal.startsWith('?'),
      isZombie: state.startsWith('Z'),
    },
  ];
}

function runPs(args: readonly string[]): string {
  try {
    return execFileSync('ps', args, {
      env: { LC_ALL: 'C', PATH: '/bin:/usr/bin' },
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 64 * 1024 * 1024,
    }).toString();
  } catch {
    // The process has ended already.
    return '';
  }
}

function readProcFile(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'latin1');
  } catch {
    return '';
  }
}

function listNames(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
