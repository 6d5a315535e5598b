import { constants, mkdir, open, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

// The log file of a bridge. The bridge writes through an inherited file descriptor, so the log does not depend on the launcher.
// The descriptor is in append mode: after the launcher has shortened the file, the next write goes to the new end.

const LOG_NAME = 'bridge.log';
const ENDED_FOLDER = '.ended';
/** A larger log is shortened to its last TRUNCATED_LOG_BYTES. */
const MAX_LOG_BYTES = 1_000_000;
const TRUNCATED_LOG_BYTES = 256_000;
const MAX_SAVED_LOG_BYTES = 64_000;
const MAX_SAVED_LOGS = 50;

/** Returns the path of the log in the folder of a pod. */
export function getBridgeLogPath(podFolder: string): string {
  return join(podFolder, LOG_NAME);
}

/** Appends a line that is marked as written by the launcher. Does nothing if the log file is gone. */
export async function appendLauncherLine(podFolder: string, line: string): Promise<void> {
  const { O_APPEND, O_WRONLY } = constants;
  const handle = await open(getBridgeLogPath(podFolder), O_APPEND | O_WRONLY).catch(
    () => undefined,
  );
  if (handle === undefined) return;
  await handle.write(`[launcher] ${line}\n`);
  await handle.close();
}

/** Removes the beginning of a log that is larger than MAX_LOG_BYTES. */
export async function truncateLog(podFolder: string): Promise<void> {
  const path = getBridgeLogPath(podFolder);
  const stats = await stat(path).catch(() => undefined);
  if (stats === undefined || stats.size <= MAX_LOG_BYTES) return;
  const end = await readLastBytes(path, TRUNCATED_LOG_BYTES);
  const note = `[launcher] removed ${stats.size - end.length} bytes from the beginning of this log\n`;
  await writeFile(path, note + end, { mode: 0o600 });
}

/**
 * Copies the end of the log to the folder `.ended` before a pod is removed. The copy is often the only information about a bridge
 * that never reached the API. The newest 50 copies are kept.
 */
export async function saveEndedLog(stateDir: string, podName: string): Promise<void> {
  const end = await readLastBytes(
    getBridgeLogPath(join(stateDir, podName)),
    MAX_SAVED_LOG_BYTES,
  ).catch(() => '');
  if (end === '') return;
  const folder = join(stateDir, ENDED_FOLDER);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(join(folder, `${Date.now()}-${podName}.log`), end, { mode: 0o600 });
  const logNames = (await readdir(folder)).sort();
  const oldLogNames = logNames.slice(0, Math.max(0, logNames.length - MAX_SAVED_LOGS));
  for (const logName of oldLogNames) await rm(join(folder, logName), { force: true });
}

async function readLastBytes(path: string, maxBytes: number): Promise<string> {
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
