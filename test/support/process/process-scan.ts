import { readdir, readFile, readlink } from 'node:fs/promises';
import { connect } from 'node:net';

/** A running process; `command` is its command line. */
export type FoundProcess = {
  readonly pid: number;
  readonly command: string;
};

/** Finds other processes whose command line, working folder or environment contains `marker`. */
export async function findProcesses(marker: string): Promise<FoundProcess[]> {
  if (marker.length < 10)
    throw new Error(
      `the marker "${marker}" may match unrelated processes; use at least 10 characters`,
    );
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const matches = await Promise.all(
    pids.map(async (name): Promise<FoundProcess[]> => {
      const pid = Number(name);
      const command = await readCommandLine(pid);
      // The command line of a zombie or an exited process is empty.
      if (pid === process.pid || command === '') return [];
      const texts = [command, await readWorkingFolder(pid), await readProcessEnvironment(pid)];
      return texts.some((text) => text.includes(marker)) ? [{ pid, command }] : [];
    }),
  );
  return matches.flat();
}

/** Returns the command line of a process, with spaces between the arguments; empty after the exit of the process. */
export async function readCommandLine(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return text.replaceAll('\0', ' ').trim();
}

/** Returns the environment with which a process was started, as `NAME=value` entries separated by NUL; empty if unreadable. */
export async function readProcessEnvironment(pid: number): Promise<string> {
  return await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
}

async function readWorkingFolder(pid: number): Promise<string> {
  return await readlink(`/proc/${pid}/cwd`).catch(() => '');
}

/** Returns true if a process accepts connections to the port on 127.0.0.1. */
export async function isListening(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
