import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ProcessTable } from './process-table.ts';
import { listProjectFiles } from './project-files.ts';

/** File in the folder of an attempt with the process id of its bridge. The reaper reads this file. */
export const BRIDGE_PID_FILE = 'bridge.pid';

/** Absolute paths of the folders of one attempt. */
export type AttemptFolders = {
  readonly root: string;
  /** Work tree of the agent. */
  readonly workspace: string;
  /** Git directory of the bridge, outside the workspace. */
  readonly git: string;
  /** HOME of the agent, and of set-up in the workspace. */
  readonly home: string;
  /** TMPDIR of the agent, and of set-up in the workspace. */
  readonly tmp: string;
  /** Parent of the folders in which verifications run. Exists only during a verification. */
  readonly verify: string;
  /** Files such as package.json in the folders above `root` before the agent started; tools read such files from parent folders. */
  readonly projectFilesAbove: readonly string[];
};

/**
 * Creates the folder `root` with the folders of an attempt; removes an existing folder `root` first.
 *
 * @param bridgePid process id of the bridge, written to BRIDGE_PID_FILE
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
    verify: join(root, 'v'),
    projectFilesAbove: await listProjectFiles(dirname(root)),
  };
  for (const folder of [root, folders.workspace, folders.git, folders.home, folders.tmp])
    await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(join(root, BRIDGE_PID_FILE), String(bridgePid));
  return folders;
}

/**
 * Builds the environment of the agent, set-up and verify. Contains no variable of the bridge except PATH and the
 * settings of networks, tool chains and registries.
 *
 * @param folders HOME and TMPDIR
 * @param repositoryEnv variables from the configuration of the repository
 */
export function buildChildEnvironment(
  folders: { readonly home: string; readonly tmp: string },
  repositoryEnv: Readonly<Record<string, string>>,
  { programPath, toolEnvironment }: Pick<ProcessTable, 'programPath' | 'toolEnvironment'>,
): Record<string, string> {
  return {
    LANG: 'C.UTF-8',
    TERM: 'dumb',
    CI: '1',
    ...toolEnvironment,
    ...repositoryEnv,
    PATH: programPath,
    HOME: folders.home,
    TMPDIR: folders.tmp,
  };
}
