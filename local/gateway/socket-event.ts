import type { IncomingMessage } from 'node:http';
import { getRemoteAddress, joinQuery, splitUrl } from './http-event.ts';

// Events of a WebSocket API in the format of API Gateway.

/** Routes of a WebSocket API. */
export type SocketRouteKey = '$connect' | '$default' | '$disconnect';

/** Properties of a connection that each event of the connection contains. */
export type SocketIdentity = {
  readonly connectionId: string;
  /** Epoch milliseconds. */
  readonly connectedAt: number;
  readonly domainName: string;
  readonly sourceIp: string;
  readonly userAgent: string;
};

/** Derives the identity of a connection from its upgrade request. */
export function createSocketIdentity(
  request: IncomingMessage,
  connectionId: string,
  now: number,
): SocketIdentity {
  return {
    connectionId,
    connectedAt: now,
    domainName: request.headers.host ?? 'localhost',
    sourceIp: getRemoteAddress(request),
    userAgent: request.headers['user-agent'] ?? '',
  };
}

/** Creates the event that the connect handler receives before a connection opens. */
export function createConnectEvent(
  request: IncomingMessage,
  identity: SocketIdentity,
  requestId: string,
): object {
  const query = joinQuery(splitUrl(request.url ?? '/')[1]);
  return {
    headers: readHeadersAsSent(request),
    ...(query === undefined ? {} : { queryStringParameters: query }),
    requestContext: createRequestContext(identity, '$connect', 'CONNECT', requestId),
    isBase64Encoded: false,
  };
}

/** Returns the headers with unchanged names. In events of an HTTP API, the names are in lower case. */
function readHeadersAsSent({ rawHeaders }: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const [name = '', value = ''] = rawHeaders.slice(index, index + 2);
    headers[name] = headers[name] === undefined ? value : `${headers[name]},${value}`;
  }
  return headers;
}

/** Creates the event that the default handler receives for a message from a client. */
export function createMessageEvent(
  identity: SocketIdentity,
  body: string,
  requestId: string,
): object {
  return {
    requestContext: {
      ...createRequestContext(identity, '$default', 'MESSAGE', requestId),
      messageId: requestId,
    },
    body,
    isBase64Encoded: false,
  };
}

/** Creates the event that the disconnect handler receives after a connection closed. */
export function createDisconnectEvent(
  identity: SocketIdentity,
  close: { readonly code: number; readonly reason: string },
  requestId: string,
): object {
  return {
    headers: { Host: identity.domainName },
    requestContext: {
      ...createRequestContext(identity, '$disconnect', 'DISCONNECT', requestId),
      disconnectStatusCode: close.code,
      disconnectReason: close.reason,
    },
    isBase64Encoded: false,
  };
}

function createRequestContext(
  identity: SocketIdentity,
  routeKey: SocketRouteKey,
  eventType: 'CONNECT' | 'MESSAGE' | 'DISCONNECT',
  requestId: string,
) {
  const now = Date.now();
  return {
    routeKey,
    eventType,
    messageDirection: 'IN',
    connectionId: identity.connectionId,
    connectedAt: identity.connectedAt,
    domainName: identity.domainName,
    apiId: 'local',
    stage: 'local',
    requestId,
    extendedRequestId: requestId,
    requestTime: new Date(now).toUTCString(),
    requestTimeEpoch: now,
    identity: { sourceIp: identity.sourceIp, userAgent: identity.userAgent },
  };
}
