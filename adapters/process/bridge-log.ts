import { constants, mkdir, open, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

// The log file of a bridge. The bridge writes through an inherited descriptor, so that the bridge survives the launcher. The
// descriptor is in append mode, so the launcher can shorten the file: the next write goes to the new end.

const LOG_NAME = 'bridge.log';
const ENDED_FOLDER = '.ended';
/** Size from which a log is shortened, bytes. */
const MAX_LOG_BYTES = 1_000_000;
const TRUNCATED_LOG_BYTES = 256_000;
const ENDED_LOG_BYTES = 64_000;
const MAX_ENDED_LOGS = 50;

/** Returns the path of the log in the folder of a pod. */
export function getBridgeLogPath(folder: string): string {
  return join(folder, LOG_NAME);
}

/** Appends a line of the launcher. Does nothing if the pod is gone. */
export async function appendLauncherLine(folder: string, line: string): Promise<void> {
  const { O_APPEND, O_WRONLY } = constants;
  const handle = await open(getBridgeLogPath(folder), O_APPEND | O_WRONLY).catch(() => undefined);
  if (handle === undefined) return;
  await handle.write(`[launcher] ${line}\n`);
  await handle.close();
}

/** Shortens a log above MAX_LOG_BYTES to its end. */
export async function truncateLog(folder: string): Promise<void> {
  const path = getBridgeLogPath(folder);
  const stats = await stat(path).catch(() => undefined);
  if (stats === undefined || stats.size <= MAX_LOG_BYTES) return;
  const end = await readEnd(path, TRUNCATED_LOG_BYTES);
  const note = `[launcher] ${stats.size - end.length} bytes cut\n`;
  await writeFile(path, note + end, { mode: 0o600 });
}

/** Saves the end of the log before a pod is removed: often the only trace of a bridge that never reached the API. */
export async function saveEndedLog(stateDir: string, name: string): Promise<void> {
  const end = await readEnd(getBridgeLogPath(join(stateDir, name)), ENDED_LOG_BYTES).catch(
    () => '',
  );
  if (end === '') return;
  const folder = join(stateDir, ENDED_FOLDER);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(join(folder, `${Date.now()}-${name}.log`), end, { mode: 0o600 });
  const logs = (await readdir(folder)).sort();
  const expired = logs.slice(0, Math.max(0, logs.length - MAX_ENDED_LOGS));
  for (const log of expired) await rm(join(folder, log), { force: true });
}

async function readEnd(path: string, maxBytes: number): Promise<string> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    const start = Math.max(0, size - maxBytes);
    const { buffer, bytesRead } = await handle.read({
      buffer: Buffer.alloc(size - start),
      position: start,
    });
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}
