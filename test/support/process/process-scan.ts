import { readdir, readFile, readlink } from 'node:fs/promises';
import { connect } from 'node:net';

export type FoundProcess = {
  readonly pid: number;
  readonly command: string;
};

/** Processes whose command line, working folder or environment names `marker`; this one is not among them. */
export async function findProcesses(marker: string): Promise<FoundProcess[]> {
  if (marker.length < 10) throw new Error(`"${marker}" would name processes of others`);
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const seen = await Promise.all(
    pids.map(async (name): Promise<FoundProcess[]> => {
      const pid = Number(name);
      const command = await readCommandLine(pid);
      // Nothing in it: a zombie, or gone already.
      if (pid === process.pid || command === '') return [];
      const traces = [command, await readWorkingFolder(pid), await readProcessEnvironment(pid)];
      return traces.some((trace) => trace.includes(marker)) ? [{ pid, command }] : [];
    }),
  );
  return seen.flat();
}

/** Arguments, separated by spaces; empty for what has ended. */
export async function readCommandLine(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return text.replaceAll('\0', ' ').trim();
}

/** What it was started with, as `NAME=value` between NUL bytes. */
export async function readProcessEnvironment(pid: number): Promise<string> {
  return await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
}

async function readWorkingFolder(pid: number): Promise<string> {
  return await readlink(`/proc/${pid}/cwd`).catch(() => '');
}

/** Whether somebody listens there on loopback. */
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
