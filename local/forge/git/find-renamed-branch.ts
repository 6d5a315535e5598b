import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GitRepository } from './git-repository.ts';
import { listBranches } from './read-ref.ts';

/**
 * Returns the present name of a branch that `git branch -m` renamed, also repeatedly. Git moves the reflog with the branch and adds a
 * line with both names. Undefined: no reflog mentions the rename, because the branch was deleted or the repository keeps no reflogs.
 */
export function findRenamedBranch({ gitDir }: GitRepository, branch: string): string | undefined {
  const entry = `renamed refs/heads/${branch} to refs/heads/`;
  const renamed = listBranches(gitDir).filter(({ name }) =>
    readReflog(gitDir, name).includes(entry),
  );
  return renamed.length === 1 ? renamed[0]?.name : undefined;
}

function readReflog(gitDir: string, branch: string): string {
  try {
    return readFileSync(join(gitDir, 'logs/refs/heads', branch), 'utf8');
  } catch {
    return '';
  }
}
