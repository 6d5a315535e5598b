import { readdir, readFile, readlink } from 'node:fs/promises';
import { connect } from 'node:net';

/** Process id with its command line. */
export type FoundProcess = {
  readonly pid: number;
  readonly command: string;
};

/** Finds other processes whose command line, working folder or environment contains `marker`. */
export async function findProcesses(marker: string): Promise<FoundProcess[]> {
  if (marker.length < 10)
    throw new Error(`the marker "${marker}" is too short and may match unrelated processes`);
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (name): Promise<FoundProcess[]> => {
      const pid = Number(name);
      const command = await readCommandLine(pid);
      // An empty command line belongs to a zombie or an exited process.
      if (pid === process.pid || command === '') return [];
      const traces = [command, await readWorkingFolder(pid), await readProcessEnvironment(pid)];
      return traces.some((trace) => trace.includes(marker)) ? [{ pid, command }] : [];
    }),
  );
  return found.flat();
}

/** Returns the arguments of a process, separated by spaces; empty after its exit. */
export async function readCommandLine(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return text.replaceAll('\0', ' ').trim();
}

/** Returns the initial environment of a process as `NAME=value` entries between NUL bytes. */
export async function readProcessEnvironment(pid: number): Promise<string> {
  return await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
}

async function readWorkingFolder(pid: number): Promise<string> {
  return await readlink(`/proc/${pid}/cwd`).catch(() => '');
}

/** True when a process listens on the port of the loopback interface. */
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
