import { existsSync, readFileSync } from 'node:fs';
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { AppError } from '../../core/base/app-error.ts';
import { getDataLayout } from './platform-settings.ts';

// One platform per data folder, and only data that this version can read.

/** Raised when what is stored changes its shape; a step that brings older data up belongs beside it. */
export const DATA_VERSION = 1;

const versionSchema = z.object({ version: z.number().int() });
const lockSchema = z.object({ pid: z.number().int(), started: z.string() });

/** Answers how to let go. Throws AppError `data_in_use` that names the other process, or `data_version`. */
export async function claimData(dataDir: string): Promise<() => Promise<void>> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const paths = getDataLayout(dataDir);
  await takeLock(paths.lock, dataDir);
  await checkVersion(paths.version, dataDir);
  return () => rm(paths.lock, { force: true });
}

async function takeLock(path: string, dataDir: string): Promise<void> {
  const mine = JSON.stringify({ pid: process.pid, started: readStartTime(process.pid) ?? '' });
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      const file = await open(path, 'wx', 0o600);
      await file.writeFile(mine);
      await file.close();
      return;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
    const holder = await findHolder(dataDir);
    if (holder !== undefined) {
      throw new AppError(
        'conflict',
        'data_in_use',
        `another smol-gang (process ${holder}) runs on ${dataDir}: end it, or set SMOL_DATA_DIR to another folder`,
      );
    }
    // Whoever wrote it is gone, with or without having said so.
    await rm(path, { force: true });
  }
  throw new AppError(
    'conflict',
    'data_in_use',
    `several smol-gangs start on ${dataDir} at once: start one`,
  );
}

/** The process that runs on this data now; undefined: none does. */
export async function findHolder(dataDir: string): Promise<number | undefined> {
  const text = await readFile(getDataLayout(dataDir).lock, 'utf8').catch(() => '');
  const holder = lockSchema.safeParse(parseJson(text));
  if (!holder.success || readStartTime(holder.data.pid) !== holder.data.started) return undefined;
  return holder.data.pid;
}

/** A process id is used again; together with its start time it is not. Undefined: no such process. */
function readStartTime(pid: number): string | undefined {
  try {
    process.kill(pid, 0);
  } catch {
    return undefined;
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return `pid-${pid}`;
  }
}

async function checkVersion(path: string, dataDir: string): Promise<void> {
  if (!existsSync(path)) {
    await writeFile(path, `${JSON.stringify({ version: DATA_VERSION })}\n`, { mode: 0o600 });
    return;
  }
  const found = versionSchema.safeParse(parseJson(await readFile(path, 'utf8')));
  if (found.success && found.data.version === DATA_VERSION) return;
  const version = found.success ? `version ${found.data.version}` : 'an unknown version';
  throw new AppError(
    'conflict',
    'data_version',
    `${dataDir} holds data of ${version}, and this smol-gang reads version ${DATA_VERSION}: move the folder away, or use the release that wrote it`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
