import type { APIGatewayProxyResultV2, APIGatewayProxyWebsocketEventV2 } from 'aws-lambda';
import { redeemSocketTicket } from '../../core/access/one-time-secret.ts';
import { recordConnection } from '../../core/store/connection-store.ts';
import { getTable } from '../deps/get-table.ts';
import { clock } from '../deps/runtime.ts';

type ConnectEvent = APIGatewayProxyWebsocketEventV2 & {
  readonly headers?: Record<string, string | undefined>;
};

const PROTOCOL = 'smol-gang';

/**
 * Accepts a WebSocket with a single-use ticket. The ticket is in the subprotocol header (`smol-gang, <ticket>`), because URLs are
 * logged.
 */
export async function handler(event: ConnectEvent): Promise<APIGatewayProxyResultV2> {
  const header = Object.entries(event.headers ?? {}).find(
    ([name]) => name.toLowerCase() === 'sec-websocket-protocol',
  )?.[1];
  const ticket = header
    ?.split(',')
    .map((part) => part.trim())
    .find((part) => part !== PROTOCOL);
  const deps = { table: getTable(), clock };
  const actor = ticket === undefined ? undefined : await redeemSocketTicket(deps, ticket);
  if (actor === undefined) return { statusCode: 401 };
  await recordConnection(deps, event.requestContext.connectionId, actor);
  return { statusCode: 200, headers: { 'Sec-WebSocket-Protocol': PROTOCOL } };
}
