import { spawnSync } from 'node:child_process';
import {
  lstat,
  mkdir,
  mkdtemp,
  readlink,
  realpath,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listProjectFiles } from '../../agent/bridge/host/project-files.ts';
import { prepareAttemptsFolder, removeAttemptsFolder } from './prepare-attempts-folder.ts';

let folder: string;
let dataDir: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'smol-gang-attempts-')));
  dataDir = join(folder, 'project/.smol-gang');
  await mkdir(dataDir, { recursive: true });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const getEnv = () => ({ XDG_STATE_HOME: join(folder, 'state') });

/** Makes the parent of the data folder a project with an installed module. */
async function createProject(): Promise<void> {
  const module = join(folder, 'project/node_modules/ours');
  await mkdir(module, { recursive: true });
  await writeFile(join(module, 'index.js'), '');
}

describe('a data folder outside every project', () => {
  test('contains the attempts', async () => {
    expect(await prepareAttemptsFolder(dataDir, getEnv())).toBe(join(dataDir, 'attempts'));
  });
});

describe('a data folder inside a project', () => {
  test('links to attempts outside the project, which find none of its modules', async () => {
    await createProject();

    const attempts = await prepareAttemptsFolder(dataDir, getEnv());

    expect(attempts).toMatch(/\/state\/smol-gang\/[0-9a-f]{8}\/attempts$/);
    expect(await realpath(join(dataDir, 'attempts'))).toBe(attempts);
    expect(await listProjectFiles(attempts)).toEqual([]);
    const requireOurs = (cwd: string) =>
      spawnSync('node', ['-e', "require('ours')"], { cwd }).status;
    expect(requireOurs(dataDir)).toBe(0);
    expect(requireOurs(attempts)).not.toBe(0);
  });

  test('keeps the content of the attempts folder at the next start', async () => {
    await createProject();
    const attempts = await prepareAttemptsFolder(dataDir, getEnv());
    await mkdir(join(attempts, 'mirrors'));

    expect(await prepareAttemptsFolder(dataDir, getEnv())).toBe(attempts);
    expect((await lstat(join(attempts, 'mirrors'))).isDirectory()).toBe(true);
  });

  test('does not inherit the attempts of a deleted data folder with the same path', async () => {
    await createProject();
    const attempts = await prepareAttemptsFolder(dataDir, getEnv());
    await mkdir(join(attempts, 'pods'));
    await rm(dataDir, { recursive: true });
    await mkdir(dataDir);

    await prepareAttemptsFolder(dataDir, getEnv());

    await expect(lstat(join(attempts, 'pods'))).rejects.toThrow('ENOENT');
  });

  test('uses LAUNCHER_DIR without a check', async () => {
    await createProject();
    const chosen = join(folder, 'project/chosen');

    expect(await prepareAttemptsFolder(dataDir, { ...getEnv(), LAUNCHER_DIR: chosen })).toBe(
      chosen,
    );
    expect(await readlink(join(dataDir, 'attempts'))).toBe(chosen);
  });

  test('replaces attempts that an older version kept inside the project', async () => {
    await createProject();
    await mkdir(join(dataDir, 'attempts/pods'), { recursive: true });

    await prepareAttemptsFolder(dataDir, getEnv());

    expect((await lstat(join(dataDir, 'attempts'))).isSymbolicLink()).toBe(true);
  });

  test('avoids a state folder that lies inside a project as well', async () => {
    await createProject();
    const inside = { XDG_STATE_HOME: join(folder, 'project/state') };

    const attempts = await prepareAttemptsFolder(dataDir, inside);

    expect(attempts).toMatch(/^\/(private\/)?var\/tmp\/smol-gang-\d+\/[0-9a-f]{8}\/attempts$/);
    await removeAttemptsFolder(dataDir);
    await expect(lstat(attempts)).rejects.toThrow('ENOENT');
  });
});

test('removeAttemptsFolder ignores a missing folder and a link to nothing', async () => {
  await removeAttemptsFolder(dataDir);
  await symlink(join(folder, 'missing'), join(dataDir, 'attempts'));

  await expect(removeAttemptsFolder(dataDir)).resolves.toBeUndefined();
});
