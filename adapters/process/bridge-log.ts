import { constants, mkdir, open, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

// A bridge writes its log through a descriptor of its own, so that it lives on without the launcher. The file is cut from
// outside: the descriptor appends, so that cutting moves its next write to the new end.

const LOG_NAME = 'bridge.log';
const ENDED_FOLDER = '.ended';
const MAX_LOG_BYTES = 1_000_000;
const TRUNCATED_LOG_BYTES = 256_000;
const ENDED_LOG_BYTES = 64_000;
const MAX_ENDED_LOGS = 50;

export function getBridgeLogPath(folder: string): string {
  return join(folder, LOG_NAME);
}

/** A line of the launcher's own; nothing when the pod is gone. */
export async function appendLauncherLine(folder: string, line: string): Promise<void> {
  const { O_APPEND, O_WRONLY } = constants;
  const handle = await open(getBridgeLogPath(folder), O_APPEND | O_WRONLY).catch(() => undefined);
  if (handle === undefined) return;
  await handle.write(`[launcher] ${line}\n`);
  await handle.close();
}

/** Cuts a log that has grown too long down to its end. */
export async function truncateLog(folder: string): Promise<void> {
  const path = getBridgeLogPath(folder);
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || found.size <= MAX_LOG_BYTES) return;
  const end = await readEnd(path, TRUNCATED_LOG_BYTES);
  await writeFile(path, `[launcher] ${found.size - end.length} bytes cut\n${end}`, { mode: 0o600 });
}

/** The end of the log outlives the pod: a bridge that never reached the API has said why nowhere else. */
export async function saveEndedLog(stateDir: string, name: string): Promise<void> {
  const end = await readEnd(getBridgeLogPath(join(stateDir, name)), ENDED_LOG_BYTES).catch(
    () => '',
  );
  if (end === '') return;
  const folder = join(stateDir, ENDED_FOLDER);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(join(folder, `${Date.now()}-${name}.log`), end, { mode: 0o600 });
  const logs = (await readdir(folder)).sort();
  const old = logs.slice(0, Math.max(0, logs.length - MAX_ENDED_LOGS));
  for (const log of old) await rm(join(folder, log), { force: true });
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
