import type { BigIntStats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { AttemptFailure } from '../attempt-error.ts';
import type { Git } from './git.ts';

/**
 * Returns a git that fails with an AttemptFailure as soon as another folder or a link is in the place of the workspace. Otherwise an agent
 * could make the bridge commit files from anywhere on the machine.
 *
 * @param workspace absolute path of the workspace, which must exist
 */
export async function createGuardedGit(git: Git, workspace: string): Promise<Git> {
  const original = await lstat(workspace, { bigint: true });
  return async (args, options) => {
    const current = await lstat(workspace, { bigint: true }).catch(() => undefined);
    if (current === undefined || !isSameFolder(original, current)) {
      const message = 'the folder of the workspace was replaced or removed; nothing was committed';
      throw new AttemptFailure('agent', message);
    }
    return git(args, options);
  };
}

function isSameFolder(first: BigIntStats, second: BigIntStats): boolean {
  return second.isDirectory() && first.dev === second.dev && first.ino === second.ino;
}
