import type { GitAuthor } from '../git/write-commit.ts';

/** Returns the git author of the commits that the forge creates for an account. */
export function toGitAuthor(login: string): GitAuthor {
  return { name: login, email: `${login.replace(/[^\w.[\]-]/g, '-')}@users.noreply.localhost` };
}
