import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Credential } from '../credential.ts';
import { isAuthorized } from '../credential.ts';
import { readBody } from './read-body.ts';
import type { SocketConnection } from './socket-gateway.ts';

// API Gateway's management API `@connections/{id}`, through which handlers send to, describe and close WebSocket connections.

const PREFIX = '/@connections/';
const MAX_MESSAGE_BYTES = 128 * 1024;

type ManagementAnswer = {
  readonly status: number;
  readonly errorType?: string;
  readonly body?: object;
};

const FORBIDDEN: ManagementAnswer = { status: 403, errorType: 'ForbiddenException' };
const GONE: ManagementAnswer = { status: 410, errorType: 'GoneException' };
const TOO_LARGE: ManagementAnswer = { status: 413, errorType: 'PayloadTooLargeException' };

/** Returns whether a path belongs to the management API. */
export function isManagementPath(path: string): boolean {
  return path.startsWith(PREFIX);
}

/** Answers a request to the management API. */
export async function answerManagement(
  request: IncomingMessage,
  response: ServerResponse,
  connections: ReadonlyMap<string, SocketConnection>,
  credential: Credential,
): Promise<void> {
  const answer = isAuthorized(request.headers.authorization, credential)
    ? await handleRequest(request, connections)
    : FORBIDDEN;
  request.resume();
  response.setHeader('x-amzn-requestid', randomUUID());
  if (answer.errorType !== undefined) response.setHeader('x-amzn-errortype', answer.errorType);
  if (answer.status === 204) {
    response.writeHead(204).end();
    return;
  }
  const body = answer.body ?? (answer.errorType === undefined ? {} : { message: answer.errorType });
  response.writeHead(answer.status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

async function handleRequest(
  request: IncomingMessage,
  connections: ReadonlyMap<string, SocketConnection>,
): Promise<ManagementAnswer> {
  const connection = connections.get(parseConnectionId(request.url ?? ''));
  if (connection === undefined || !isOpen(connection)) return GONE;
  switch (request.method) {
    case 'POST':
      return postMessage(request, connection);
    case 'GET':
      return { status: 200, body: describeConnection(connection) };
    case 'DELETE':
      connection.socket.close(1000, 'Connection Closed Normally');
      return { status: 204 };
    default:
      return FORBIDDEN;
  }
}

function parseConnectionId(url: string): string {
  try {
    return decodeURIComponent(url.slice(PREFIX.length));
  } catch {
    return '';
  }
}

function isOpen({ socket }: SocketConnection): boolean {
  return socket.readyState === socket.OPEN;
}

async function postMessage(
  request: IncomingMessage,
  connection: SocketConnection,
): Promise<ManagementAnswer> {
  const data = await readBody(request, MAX_MESSAGE_BYTES);
  if (data === undefined) return TOO_LARGE;
  const isSent = await new Promise<boolean>((resolve) => {
    connection.socket.send(data.toString(), (error) =>
      resolve(error === undefined || error === null),
    );
  });
  if (!isSent) return GONE;
  connection.recordActivity();
  return { status: 200 };
}

function describeConnection({ identity, lastActiveAt }: SocketConnection): object {
  return {
    connectedAt: new Date(identity.connectedAt).toISOString(),
    identity: { sourceIp: identity.sourceIp, userAgent: identity.userAgent },
    lastActiveAt: new Date(lastActiveAt).toISOString(),
  };
}
