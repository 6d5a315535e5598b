import type { Person } from '../git/write-commit.ts';

/** Who a login is in commits that the forge makes. */
export function personOf(login: string): Person {
  return { name: login, email: `${login.replace(/[^\w.[\]-]/g, '-')}@users.noreply.localhost` };
}
