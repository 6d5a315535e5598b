import { mkdir, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { describeError } from '../../../core/base/describe-error.ts';
import { AttemptFailure } from '../attempt-error.ts';
import type { AttemptFolders } from '../host/attempt-folders.ts';
import { BRIDGE_PID_FILE, writeHomeFiles } from '../host/attempt-folders.ts';
import { listProjectFiles } from '../host/project-files.ts';

/** Fresh folders in which one verification runs. */
export type VerifyPlace = {
  /** Folder that contains the others. */
  readonly root: string;
  /** HOME of set-up and verify. */
  readonly home: string;
  /** TMPDIR of set-up and verify. */
  readonly tmp: string;
  /** Checkout in which set-up and verify run. */
  readonly source: string;
};

let placeCount = 0;

/**
 * Creates empty folders for one verification. Removes everything that the agent left beside its own folders, because tools search for
 * modules and settings in parent folders. Throws an AttemptFailure if a project file appeared in a folder above the attempt.
 */
export async function createVerifyPlace(folders: AttemptFolders): Promise<VerifyPlace> {
  await removeForeignEntries(folders);
  await requireUnchangedParents(folders);
  placeCount += 1;
  const root = join(folders.verify, String(placeCount));
  const place: VerifyPlace = {
    root,
    home: join(root, 'home'),
    tmp: join(root, 'tmp'),
    source: join(root, 'src'),
  };
  for (const folder of [folders.verify, root, place.home, place.tmp, place.source])
    await mkdir(folder, { mode: 0o700 });
  await writeHomeFiles(place.home, folders.homeFiles);
  return place;
}

/** Removes a verify place. An error is only logged, because the evidence does not depend on the removal. */
export async function removeVerifyPlace(place: VerifyPlace): Promise<void> {
  try {
    await rm(place.root, { recursive: true, force: true, maxRetries: 3 });
  } catch (error) {
    const reason = describeError(error);
    process.stderr.write(`bridge: the folder of a verification was not removed: ${reason}\n`);
  }
}

async function removeForeignEntries({ root, workspace, git, home, tmp }: AttemptFolders) {
  const kept = new Set([
    ...[workspace, git, home, tmp].map((path) => basename(path)),
    BRIDGE_PID_FILE,
  ]);
  for (const name of await readdir(root)) {
    if (!kept.has(name))
      await rm(join(root, name), { recursive: true, force: true, maxRetries: 3 });
  }
}

async function requireUnchangedParents({ root, projectFilesAbove }: AttemptFolders): Promise<void> {
  const existing = await listProjectFiles(dirname(root));
  const added = existing.filter((path) => !projectFilesAbove.includes(path));
  if (added.length === 0) return;
  const message = `these files appeared outside the workspace while the agent worked; verify commands would use them although a clone of the repository does not contain them: ${added.join(', ')}. Remove them and try again`;
  throw new AttemptFailure('agent', message);
}
