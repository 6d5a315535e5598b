import { execFile } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { promisify } from 'node:util';

/** Code of a listening socket in /proc/net/tcp. */
const LISTEN_STATE = '0A';

/** Describes the process that listens on a TCP port as `process <pid> (<command>)`; undefined if the process is unknown. */
export async function findPortHolder(port: number): Promise<string | undefined> {
  if (process.platform !== 'linux') return findByLsof(port);
  const inodes = await readListeningInodes(port);
  if (inodes.size === 0) return undefined;
  for (const pid of await listNumericEntries('/proc')) {
    if (await hasSocket(pid, inodes)) return `process ${pid} (${await readCommand(pid)})`;
  }
  return undefined;
}

async function readListeningInodes(port: number): Promise<Set<string>> {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const inodes = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of (await readOrEmpty(table)).split('\n').slice(1)) {
      const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
      if (state === LISTEN_STATE && local.endsWith(suffix) && inode !== undefined)
        inodes.add(inode);
    }
  }
  return inodes;
}

async function hasSocket(pid: string, inodes: ReadonlySet<string>): Promise<boolean> {
  for (const fd of await listNumericEntries(`/proc/${pid}/fd`)) {
    const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '');
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
    if (inode !== undefined && inodes.has(inode)) return true;
  }
  return false;
}

/** Returns the program and its first argument; further arguments may be private. */
async function readCommand(pid: string): Promise<string> {
  const parts = (await readOrEmpty(`/proc/${pid}/cmdline`)).split('\0').slice(0, 2);
  const command = parts.join(' ').trim();
  return command === '' ? 'unknown command' : command.slice(0, 120);
}

async function listNumericEntries(folder: string): Promise<string[]> {
  const entries = await readdir(folder).catch((): string[] => []);
  return entries.filter((entry) => /^\d+$/.test(entry));
}

/** Reads a file of /proc; returns an empty string if the process has ended or belongs to another user. */
function readOrEmpty(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

async function findByLsof(port: number): Promise<string | undefined> {
  try {
    const args = ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc'];
    const { stdout } = await promisify(execFile)('lsof', args, { timeout: 3_000 });
    const pid = /^p(\d+)$/m.exec(stdout)?.[1];
    const command = /^c(.+)$/m.exec(stdout)?.[1] ?? 'unknown command';
    return pid === undefined ? undefined : `process ${pid} (${command})`;
  } catch {
    return undefined;
  }
}
