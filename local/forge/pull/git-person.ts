import type { Person } from '../git/write-commit.ts';

/** Returns the author of commits that the forge creates for a login. */
export function toGitPerson(login: string): Person {
  return { name: login, email: `${login.replace(/[^\w.[\]-]/g, '-')}@users.noreply.localhost` };
}
