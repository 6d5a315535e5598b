import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { describeError } from '../../core/base/describe-error.ts';
import type { Log } from '../../core/port/runtime.ts';
import type { Credential } from '../credential.ts';
import { listenOnLoopback } from '../listen-on-loopback.ts';
import { answerFrontPage } from './answer-front-page.ts';
import { answerManagement, isManagementPath } from './answer-management.ts';
import type { AllowedCallers } from './check-caller.ts';
import { checkCaller } from './check-caller.ts';
import { splitUrl } from './http-event.ts';
import type { HttpTarget } from './http-gateway.ts';
import { createHttpGateway } from './http-gateway.ts';
import { sendError } from './http-result.ts';
import type { SocketHandlers, SocketLimits } from './socket-gateway.ts';
import { SOCKET_LIMITS, SocketGateway } from './socket-gateway.ts';

const MAX_TIMEOUT_MS = 30_000;
const CLOSE_GRACE_MS = 2_000;

/** Port, handlers, access rules and limits of a gateway. */
export type GatewayOptions = {
  /** 0 selects any free port. */
  readonly port: number;
  readonly functions: readonly HttpTarget[];
  /** Absent: the gateway has no WebSocket endpoint. */
  readonly sockets?: SocketHandlers;
  /** Path of the WebSocket endpoint; default: `/socket`. */
  readonly socketPath?: string;
  /** Callers of `@connections` must sign with this credential. */
  readonly credential: Credential;
  readonly allowed?: Partial<AllowedCallers>;
  readonly limits?: Partial<SocketLimits> & { readonly maxTimeoutMs?: number };
  /** Address of the local forge, for the front page. */
  readonly forgeUrl?: string;
  readonly log: Log;
};

/** A running gateway. */
export type Gateway = {
  readonly port: number;
  /** Base URL of the HTTP API, and endpoint for AWS clients of the management API. */
  readonly url: string;
  readonly socketUrl: string;
  close(): Promise<void>;
};

/**
 * Starts an emulator of API Gateway on a loopback port: the HTTP API, the WebSocket API and the management API `@connections`.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { log, credential, sockets: handlers, socketPath = '/socket' } = options;
  const maxTimeoutMs = options.limits?.maxTimeoutMs ?? MAX_TIMEOUT_MS;
  const answerHttp = createHttpGateway(options.functions, { maxTimeoutMs, log });
  const limits = { ...SOCKET_LIMITS, ...options.limits };
  const sockets = handlers && new SocketGateway({ handlers, limits, log });
  const allowed = { hosts: [], origins: [], ...options.allowed };
  const server = createServer((request, response) => {
    const [path] = splitUrl(request.url ?? '/');
    if (rejectUnknownCaller(request, response, allowed)) return;
    if (answerFrontPage(request, response, options.forgeUrl)) return;
    if (sockets === undefined || !isManagementPath(path)) {
      void answerHttp(request, response);
      return;
    }
    answerManagement(request, response, sockets.connections, credential).catch((error) => {
      log.warn('management request aborted', { error: describeError(error) });
    });
  });
  server.on('upgrade', (request, socket, head) => {
    const [path] = splitUrl(request.url ?? '/');
    const refusal = checkCaller(request.headers, allowed);
    if (refusal !== undefined) endUpgrade(socket, '403 Forbidden');
    else if (sockets === undefined || path !== socketPath) endUpgrade(socket, '404 Not Found');
    else sockets.acceptUpgrade(request, socket, head);
  });
  const port = await listenOnLoopback(server, options.port);
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    socketUrl: `ws://127.0.0.1:${port}${socketPath}`,
    close: () => closeGateway(server, sockets),
  };
}

function rejectUnknownCaller(
  request: IncomingMessage,
  response: ServerResponse,
  allowed: AllowedCallers,
): boolean {
  const message = checkCaller(request.headers, allowed);
  if (message === undefined) return false;
  request.resume();
  sendError(response, 403, { code: 'foreign_caller', message }, randomUUID());
  return true;
}

function endUpgrade(socket: Duplex, status: string): void {
  socket.on('error', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

async function closeGateway(server: Server, sockets: SocketGateway | undefined): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  await sockets?.close();
  server.closeIdleConnections();
  const forceTimer = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS);
  await closed;
  clearTimeout(forceTimer);
}
