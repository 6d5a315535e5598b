import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where things lie under the attempt's own folder. */
export type AttemptFolders = {
  readonly root: string;
  /** What the agent works in. */
  readonly workspace: string;
  /** The bridge's git dir. */
  readonly git: string;
  /** HOME and TMPDIR of the agent, set-up and verify. */
  readonly home: string;
  readonly tmp: string;
  /** Clean checkouts to verify in, one below another. */
  readonly verify: string;
};

/** Makes the attempt's folder afresh. `bridge.pid` names the process that it belongs to. */
export async function createAttemptFolders(root: string, owner: string): Promise<AttemptFolders> {
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
  await writeFile(join(root, 'bridge.pid'), owner);
  return folders;
}

/** The environment of the agent, set-up and verify: nothing of the bridge's own but where programs are found. */
export function buildChildEnvironment(
  folders: AttemptFolders,
  extra: Record<string, string>,
  path: string,
): Record<string, string> {
  return {
    LANG: 'C.UTF-8',
    TERM: 'dumb',
    CI: '1',
    ...extra,
    PATH: path,
    HOME: folders.home,
    TMPDIR: folders.tmp,
  };
}
