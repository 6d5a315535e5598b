import { execFile } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execFileAsync = promisify(execFile);

/**
 * Runs the sample's tests on a branch in a separate checkout and returns the number of passed tests. Throws if a test fails.
 * `folder` is emptied first, because a killed demo may have left files.
 */
export async function testBranch(
  repository: string,
  branch: string,
  folder: string,
): Promise<{ readonly passed: number }> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  try {
    await execFileAsync('git', [
      '-C',
      repository,
      '--work-tree',
      folder,
      '-c',
      'core.hooksPath=/dev/null',
      'archive',
      '--output',
      join(folder, 'root.tar'),
      branch,
    ]);
    await execFileAsync('tar', ['-xf', join(folder, 'root.tar'), '-C', folder]);
    const { stdout } = await execFileAsync(process.execPath, ['--test'], {
      cwd: folder,
      env: { PATH: process.env.PATH ?? '' },
    });
    const passed = Number(
      /^# pass (\d+)$/m.exec(stdout)?.[1] ?? /ℹ pass (\d+)/.exec(stdout)?.[1] ?? Number.NaN,
    );
    if (!(passed > 0))
      throw new Error(`no test passed on branch ${branch}:\n${stdout.slice(-2_000)}`);
    return { passed };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
