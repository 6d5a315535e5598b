import type { AccessDeps } from '../../../core/access/access-deps.ts';
import type { SocketDeps } from '../../../core/access/end-session.ts';
import { signOut } from '../../../core/access/end-session.ts';
import { exchangeSignInCode, issueSocketTicket } from '../../../core/access/one-time-secret.ts';
import { refreshSession } from '../../../core/access/session.ts';
import { signIn } from '../../../core/access/sign-in.ts';
import type { API } from '../../../core/contract/api.ts';
import type { Handlers } from '../handlers.ts';

/** Dependencies of the routes for sign-in and socket tickets. */
export type AuthDeps = AccessDeps &
  SocketDeps & {
    /** URL at which clients open their WebSocket. */
    readonly socketUrl: string;
  };

export const authHandlers = {
  login: async ({ body, deps, sourceAddress }) => signIn(deps, { ...body, sourceAddress }),
  refresh: async ({ body, deps }) => refreshSession(deps, body.refreshToken),
  exchangeSignInCode: async ({ body, deps }) => exchangeSignInCode(deps, body.code),
  logout: async ({ actor, deps }) => {
    await signOut(deps, actor);
    return undefined;
  },
  me: async ({ actor }) => ({ email: actor.email, role: actor.role }),
  socketTicket: async ({ actor, deps }) => ({
    ...(await issueSocketTicket(deps, actor)),
    url: deps.socketUrl,
  }),
} satisfies Partial<Handlers<typeof API, AuthDeps>>;
