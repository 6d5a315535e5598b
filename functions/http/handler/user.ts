import type { AccessDeps } from '../../../core/access/access-deps.ts';
import { createUser, listUsers, removeUser } from '../../../core/access/user.ts';
import type { API } from '../../../core/contract/api.ts';
import type { Handlers } from '../handlers.ts';

export const userHandlers = {
  createUser: async ({ body, deps }) => createUser(deps, body),
  listUsers: async ({ deps }) => ({ items: await listUsers(deps) }),
  deleteUser: async ({ actor, deps, params }) => {
    await removeUser(deps, actor, params.email);
    return undefined;
  },
} satisfies Partial<Handlers<typeof API, AccessDeps>>;
