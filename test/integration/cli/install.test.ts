import { execFile } from 'node:child_process';
import { lstat, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { createTemporaryFolder } from '../../support/store/test-emulators.ts';

const SCRIPT = fileURLToPath(new URL('../../../local/install-command.ts', import.meta.url));

async function install(folder: string) {
  const run = promisify(execFile)(process.execPath, [SCRIPT, folder], {
    env: { PATH: process.env.PATH, HOME: folder },
  });
  return run.then(
    ({ stdout }) => ({ code: 0, out: stdout }),
    (error: { readonly code: number; readonly stderr: string }) => ({
      code: error.code,
      out: error.stderr,
    }),
  );
}

test('the installed link runs the command, can be installed again, and names a folder outside the PATH', async () => {
  const folder = join(await createTemporaryFolder(), 'bin');

  expect((await install(folder)).out).toContain(`export PATH="${folder}:$PATH"`);
  expect((await install(folder)).code).toBe(0);

  const { stdout } = await promisify(execFile)(join(folder, 'smol-gang'), ['--version']);
  expect(stdout).toMatch(/^smol-gang \d/);
});

test('the installation keeps a file or a foreign link at its place', async () => {
  const folder = join(await createTemporaryFolder(), 'bin');
  const path = join(folder, 'smol-gang');
  await mkdir(folder);
  await writeFile(path, 'mine');

  expect(await install(folder)).toMatchObject({
    code: 1,
    out: expect.stringContaining('remove it'),
  });
  expect(await readFile(path, 'utf8')).toBe('mine');

  await rm(path);
  await symlink('/usr/bin/true', path);
  expect((await install(folder)).code).toBe(1);
  expect((await lstat(path)).isSymbolicLink()).toBe(true);
});
