import { createHash } from 'node:crypto';
import { lstat, mkdir, realpath, rm, symlink } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { createProcessLauncher } from '../../adapters/process/create-process-launcher.ts';
import { listProjectFiles } from '../../agent/bridge/host/project-files.ts';
import { AppError } from '../../core/base/app-error.ts';
import { getDataLayout } from './platform-settings.ts';

// Chooses the folder of the attempts. Node.js, npm, Cargo and other tools look into all parent folders of a checkout for modules,
// programs and settings, so attempts must not lie inside a project. If the data folder lies inside one, its entry `attempts` is a link to
// a folder elsewhere.

const ATTEMPT_GRACE_MS = 3_000;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Creates the folder for the attempts of a data folder, which must exist. Ends attempts in the folder that was used before. Returns the
 * real path. Throws AppError `attempts_folder_in_project` if no folder outside every project can be used.
 *
 * @param env LAUNCHER_DIR names the folder in any case; XDG_STATE_HOME and HOME name the place for state
 */
export async function prepareAttemptsFolder(dataDir: string, env: Environment): Promise<string> {
  const entry = getDataLayout(dataDir).launcher;
  const target = env.LAUNCHER_DIR || (await chooseFolder(dataDir, entry, env));
  const current = await realpath(entry).catch(() => undefined);
  if (current !== (await realpath(target).catch(() => target))) {
    await removeAttempts(entry);
    // A folder without a link belonged to a data folder that was deleted.
    if (target !== env.LAUNCHER_DIR) await removeAttempts(target);
    await mkdir(target, { recursive: true, mode: 0o700 });
    if (target !== entry) await symlink(target, entry);
  }
  await mkdir(target, { recursive: true, mode: 0o700 });
  return realpath(target);
}

/** Removes the attempts of a data folder, also if they lie elsewhere. No attempt may run. */
export async function removeAttemptsFolder(dataDir: string): Promise<void> {
  const entry = getDataLayout(dataDir).launcher;
  const target = await realpath(entry).catch(() => undefined);
  if (target === undefined || target === (await realpath(dataDir).catch(() => dataDir))) return;
  await rm(target, { recursive: true, force: true });
  await rm(entry, { recursive: true, force: true });
}

/** Returns `entry` if the data folder lies in no project; otherwise a folder for state outside every project. */
async function chooseFolder(dataDir: string, entry: string, env: Environment): Promise<string> {
  const [projectFile] = await listProjectFiles(dataDir);
  if (projectFile === undefined) return entry;
  const id = createHash('sha256')
    .update(await realpath(dataDir))
    .digest('hex')
    .slice(0, 8);
  const stateFolder = join(getStateHome(env), 'smol-gang', id, 'attempts');
  if ((await listProjectFiles(stateFolder)).length === 0) return stateFolder;
  const sharedFolder = join('/var/tmp', `smol-gang-${userInfo().uid}`);
  const isUsable =
    (await listProjectFiles(sharedFolder)).length === 0 && (await isPrivateFolder(sharedFolder));
  if (isUsable) return join(sharedFolder, id, 'attempts');
  const message = `attempts must run outside every project, because tools look for modules and settings in parent folders; the data folder ${dataDir} lies below ${projectFile}, and neither ${stateFolder} nor ${sharedFolder} can be used. Set LAUNCHER_DIR to a private folder outside every project`;
  throw new AppError('invalid', 'attempts_folder_in_project', message);
}

function getStateHome(env: Environment): string {
  const { XDG_STATE_HOME: stateHome } = env;
  if (stateHome !== undefined && isAbsolute(stateHome)) return stateHome;
  return join(env.HOME || homedir(), '.local/state');
}

/** Creates a folder that only this user can use. Returns false if the path already is something else. */
async function isPrivateFolder(path: string): Promise<boolean> {
  await mkdir(path, { mode: 0o700 }).catch(() => {});
  const stats = await lstat(path).catch(() => undefined);
  if (stats === undefined) return false;
  const isPrivate = (stats.mode & 0o077) === 0;
  return stats.isDirectory() && stats.uid === userInfo().uid && isPrivate;
}

/** Ends all attempts in a folder, and removes the folder or the link to it. */
async function removeAttempts(folder: string): Promise<void> {
  const stats = await lstat(folder).catch(() => undefined);
  if (stats === undefined) return;
  const stateDir = join(folder, 'pods');
  if ((await lstat(stateDir).catch(() => undefined)) !== undefined) {
    // `bridgeEntry` may be empty, because this launcher starts no attempts.
    const times = { now: Date.now, graceMs: ATTEMPT_GRACE_MS, sweepMs: 0 };
    await createProcessLauncher({ stateDir, bridgeEntry: '', ...times }).killAll();
  }
  await rm(folder, { recursive: true, force: true });
}
