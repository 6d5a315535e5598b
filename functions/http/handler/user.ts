import type { AccessDeps } from '../../../core/access/access-deps.ts';
import {
  changeOwnPassword,
  changeUser,
  createUser,
  endUserSessions,
  removeUser,
} from '../../../core/access/change-user.ts';
import type { SocketDeps } from '../../../core/access/end-session.ts';
import { endSession, listSessions } from '../../../core/access/end-session.ts';
import { listUsers } from '../../../core/access/user.ts';
import type { API } from '../../../core/contract/api.ts';
import type { Handlers } from '../handlers.ts';

export const userHandlers = {
  createUser: async ({ body, deps }) => createUser(deps, body),
  listUsers: async ({ deps }) => ({ items: await listUsers(deps) }),
  changeUser: async ({ actor, body, deps, params }) => changeUser(deps, actor, params.email, body),
  deleteUser: async ({ actor, deps, params }) => {
    await removeUser(deps, actor, params.email);
    return undefined;
  },
  endUserSessions: async ({ deps, params }) => {
    await endUserSessions(deps, params.email);
    return undefined;
  },
  changePassword: async ({ actor, body, deps }) => changeOwnPassword(deps, actor, body),
  listSessions: async ({ actor, deps }) => ({
    items: (await listSessions(deps, actor)).map((session) => ({
      ...session,
      current: actor.via === 'session' && actor.credential === session.id,
    })),
  }),
  endSession: async ({ actor, deps, params }) => {
    await endSession(deps, actor, params.session);
    return undefined;
  },
} satisfies Partial<Handlers<typeof API, AccessDeps & SocketDeps>>;
