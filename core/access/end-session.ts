import { AppError } from '../base/app-error.ts';
import type { Push } from '../port/push.ts';
import { listAccountConnections, removeConnection } from '../store/connection-store.ts';
import type { AccessDeps } from './access-deps.ts';
import type { UserActor } from './actor.ts';
import { isRoleAtLeast } from './actor.ts';
import type { SessionInfo } from './session.ts';
import { deleteSession, listAccountSessions, listSessionIds } from './session.ts';
import type { User } from './user.ts';
import { findUser, listUsers } from './user.ts';

/** Ports that close the WebSocket connections of a user. */
export type SocketDeps = { readonly push: Pick<Push, 'close'> };
type EndDeps = Pick<AccessDeps, 'table' | 'clock'> & SocketDeps;

/** Lists the valid sessions of the actor, for an admin the sessions of all users. */
export async function listSessions(
  deps: Pick<AccessDeps, 'table' | 'clock'>,
  actor: UserActor,
): Promise<SessionInfo[]> {
  const sessions: SessionInfo[] = [];
  for (const user of await listVisibleUsers(deps, actor))
    sessions.push(...(await listAccountSessions(deps, user)));
  return sessions;
}

/** Ends a session and its sockets; throws AppError `session_not_found` if the actor may not see a session with this id. */
export async function endSession(deps: EndDeps, actor: UserActor, id: string): Promise<void> {
  for (const { account } of await listVisibleUsers(deps, actor)) {
    if (!(await deleteSession(deps, account, id))) continue;
    await closeAccountSockets(deps, account, [id]);
    return;
  }
  throw new AppError(
    'notFound',
    'session_not_found',
    `you have no session with the id ${id}; GET /v1/sessions lists your sessions`,
  );
}

/** Ends the session of this request and its sockets; throws AppError `not_a_session` for a request with an API token. */
export async function signOut(deps: EndDeps, actor: UserActor): Promise<void> {
  if (actor.via === 'token')
    throw new AppError(
      'invalid',
      'not_a_session',
      `this request was sent with the API token ${actor.credential}; DELETE /v1/tokens/${actor.credential} revokes the token`,
    );
  await deleteSession(deps, actor.account, actor.credential);
  await closeAccountSockets(deps, actor.account, [actor.credential]);
}

/** Deletes all sessions of an account and returns their ids. */
export async function deleteAccountSessions(
  deps: Pick<AccessDeps, 'table'>,
  account: string,
): Promise<string[]> {
  const ids = await listSessionIds(deps, account);
  for (const id of ids) await deleteSession(deps, account, id);
  return ids;
}

/**
 * Closes the WebSocket connections of an account, or only the connections that the given credentials opened. Deletes their watches
 * first. If the gateway does not respond, the connection stays open without watches, and its next frame is refused.
 */
export async function closeAccountSockets(
  deps: Pick<AccessDeps, 'table'> & SocketDeps,
  account: string,
  credentials?: readonly string[],
): Promise<void> {
  const connections = await listAccountConnections(deps.table, account);
  const affected = connections.filter(
    ({ credential }) => credentials === undefined || credentials.includes(credential),
  );
  await Promise.allSettled(
    affected.map(async ({ connection }) => {
      await removeConnection(deps.table, connection);
      await deps.push.close(connection);
    }),
  );
}

async function listVisibleUsers(
  deps: Pick<AccessDeps, 'table'>,
  actor: UserActor,
): Promise<User[]> {
  if (isRoleAtLeast(actor.role, 'admin')) return listUsers(deps);
  const user = await findUser(deps, actor.email);
  return user === undefined || user.account !== actor.account ? [] : [user];
}
