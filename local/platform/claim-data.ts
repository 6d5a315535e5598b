import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { readProcess } from '../../adapters/process/process-row.ts';
import { AppError } from '../../core/base/app-error.ts';
import { parseJson } from '../../core/base/parse-json.ts';
import type { StoreKind } from './platform-settings.ts';
import { getDataLayout } from './platform-settings.ts';

// Ensures that only one platform uses a data folder, and that this version can read the data.

/** Version of the format of stored data. A change of the format needs a higher version, and a migration in this file. */
export const DATA_VERSION = 2;

const versionSchema = z.object({
  version: z.number().int(),
  /** Version 1 knew only the emulated DynamoDB. */
  store: z.enum(['embedded', 'dynamodb']).default('dynamodb'),
});
const lockSchema = z.object({ pid: z.number().int(), started: z.string() });

/**
 * Claims a data folder and returns a function that releases the claim. Throws AppError `data_in_use`, `data_version` or
 * `data_store`.
 */
export async function claimData(dataDir: string, store: StoreKind): Promise<() => Promise<void>> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const paths = getDataLayout(dataDir);
  await takeLock(paths.lock, dataDir);
  const release = () => rm(paths.lock, { force: true });
  try {
    await checkVersion(paths.version, dataDir, store);
  } catch (error) {
    await release();
    throw error;
  }
  return release;
}

async function takeLock(path: string, dataDir: string): Promise<void> {
  const ownLock = JSON.stringify({ pid: process.pid, started: readStartTime(process.pid) ?? '' });
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      const file = await open(path, 'wx', 0o600);
      await file.writeFile(ownLock);
      await file.close();
      return;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
    const holder = await findDataHolder(dataDir);
    if (holder !== undefined) {
      throw new AppError(
        'conflict',
        'data_in_use',
        `another smol-gang (process ${holder}) uses the data in ${dataDir}: stop that process, or set SMOL_DATA_DIR to another folder`,
      );
    }
    // The process that wrote this lock file no longer runs.
    await rm(path, { force: true });
  }
  throw new AppError(
    'conflict',
    'data_in_use',
    `several smol-gang processes are starting with the data in ${dataDir} at the same time: start only one of them`,
  );
}

/** Returns the id of the process that uses a data folder; undefined if the folder is free. */
export async function findDataHolder(dataDir: string): Promise<number | undefined> {
  const text = await readFile(getDataLayout(dataDir).lock, 'utf8').catch(() => '');
  const holder = lockSchema.safeParse(parseJson(text));
  if (!holder.success || readStartTime(holder.data.pid) !== holder.data.started) return undefined;
  return holder.data.pid;
}

/**
 * Returns the start time of a process, which identifies the process even if its id is reused later. Undefined: no such process runs,
 * or the process has ended and only its parent does not know yet.
 */
function readStartTime(pid: number): string | undefined {
  const row = readProcess(pid);
  return row === undefined || row.isZombie ? undefined : row.startTime;
}

async function checkVersion(path: string, dataDir: string, store: StoreKind): Promise<void> {
  if (!existsSync(path)) {
    await writeFile(path, `${JSON.stringify({ version: DATA_VERSION, store })}\n`, { mode: 0o600 });
    return;
  }
  const stored = versionSchema.safeParse(parseJson(await readFile(path, 'utf8')));
  if (!stored.success || stored.data.version > DATA_VERSION) {
    const version = stored.success ? `version ${stored.data.version}` : 'an unknown version';
    throw new AppError(
      'conflict',
      'data_version',
      `${dataDir} holds data of ${version}, but this smol-gang reads versions up to ${DATA_VERSION}: move the folder away, or use the release of smol-gang that wrote the data`,
    );
  }
  if (stored.data.store === store) return;
  throw new AppError(
    'conflict',
    'data_store',
    `${dataDir} holds data of STORE=${stored.data.store}, but the platform starts with STORE=${store}: start with STORE=${stored.data.store} to go on with its plans, or set SMOL_DATA_DIR to another folder`,
  );
}
