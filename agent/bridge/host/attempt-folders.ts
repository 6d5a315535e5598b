import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Absolute paths of the folders of one attempt. */
export type AttemptFolders = {
  readonly root: string;
  /** Work tree of the agent. */
  readonly workspace: string;
  /** Git directory of the bridge, outside the workspace. */
  readonly git: string;
  /** HOME of the agent, set-up and verify. */
  readonly home: string;
  /** TMPDIR of the agent, set-up and verify. */
  readonly tmp: string;
  /** Parent of the clean checkouts in which the verify commands run. */
  readonly verify: string;
};

/**
 * Creates the folder `root` with the folders of an attempt; removes an existing folder `root` first.
 *
 * @param bridgePid process id of the bridge, written to the file `bridge.pid`
 */
export async function createAttemptFolders(
  root: string,
  bridgePid: number,
): Promise<AttemptFolders> {
  await rm(root, { recursive: true, force: true });
  const folders: AttemptFolders = {
    root,
    workspace: join(root, 'workspace'),
    git: join(root, 'git'),
    home: join(root, 'home'),
    tmp: join(root, 'tmp'),
    verify: join(root, 'verify'),
  };
  for (const folder of Object.values(folders))
    await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(join(root, 'bridge.pid'), String(bridgePid));
  return folders;
}

/**
 * Builds the environment of the agent, set-up and verify. Contains no variable of the bridge except PATH.
 *
 * @param repositoryEnv variables from the configuration of the repository
 */
export function buildChildEnvironment(
  folders: AttemptFolders,
  repositoryEnv: Readonly<Record<string, string>>,
  programPath: string,
): Record<string, string> {
  return {
    LANG: 'C.UTF-8',
    TERM: 'dumb',
    CI: '1',
    ...repositoryEnv,
    PATH: programPath,
    HOME: folders.home,
    TMPDIR: folders.tmp,
  };
}
