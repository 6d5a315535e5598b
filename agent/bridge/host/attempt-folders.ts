import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
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
  /** Contents of the files in each new HOME, by path below HOME. Read before the agent starts, so that no agent can change them. */
  readonly homeFiles: ReadonlyMap<string, Buffer>;
  /** Files such as package.json in the folders above `root` before the agent started; tools read such files from parent folders. */
  readonly projectFilesAbove: readonly string[];
};

/**
 * Creates the folder `root` with the folders of an attempt; removes an existing folder `root` first.
 *
 * @param bridgePid process id of the bridge, written to BRIDGE_PID_FILE
 * @param toolFiles absolute paths of files for HOME, by path below HOME; a missing file is skipped
 */
export async function createAttemptFolders(
  root: string,
  bridgePid: number,
  toolFiles: Readonly<Record<string, string>> = {},
): Promise<AttemptFolders> {
  await rm(root, { recursive: true, force: true });
  const folders: AttemptFolders = {
    root,
    workspace: join(root, 'workspace'),
    git: join(root, 'git'),
    home: join(root, 'home'),
    tmp: join(root, 'tmp'),
    verify: join(root, 'v'),
    homeFiles: await readHomeFiles(toolFiles),
    projectFilesAbove: await listProjectFiles(dirname(root)),
  };
  for (const folder of [root, folders.workspace, folders.git, folders.home, folders.tmp])
    await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeHomeFiles(folders.home, folders.homeFiles);
  await writeFile(join(root, BRIDGE_PID_FILE), String(bridgePid));
  return folders;
}

async function readHomeFiles(
  toolFiles: Readonly<Record<string, string>>,
): Promise<Map<string, Buffer>> {
  const contents = new Map<string, Buffer>();
  for (const [path, source] of Object.entries(toolFiles)) {
    const content = await readFile(source).catch(() => undefined);
    if (content !== undefined) contents.set(path, content);
  }
  return contents;
}

/** Writes files into a new HOME, readable by its owner only. */
export async function writeHomeFiles(
  home: string,
  files: ReadonlyMap<string, Buffer>,
): Promise<void> {
  for (const [path, content] of files) {
    await mkdir(dirname(join(home, path)), { recursive: true, mode: 0o700 });
    await writeFile(join(home, path), content, { mode: 0o600 });
  }
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
