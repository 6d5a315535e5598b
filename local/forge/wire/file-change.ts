import type { FileChange } from '../git/git-repository.ts';

export function toFileChangeJson(change: FileChange) {
  return {
    sha: change.sha,
    filename: change.path,
    status: change.status,
    additions: change.additions,
    deletions: change.deletions,
    changes: change.additions + change.deletions,
    ...(change.previousPath !== undefined && { previous_filename: change.previousPath }),
  };
}
