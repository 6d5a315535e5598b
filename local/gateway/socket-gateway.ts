import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { WebSocketServer } from 'ws';
import { describeError } from '../../core/base/describe-error.ts';
import type { Log } from '../../core/port/runtime.ts';
import type { LambdaHandler } from '../lambda-handler.ts';
import { invokeLambda } from '../lambda-handler.ts';
import type { HttpResult } from './http-result.ts';
import { parseHttpResult } from './http-result.ts';
import type { SocketIdentity, SocketRouteKey } from './socket-event.ts';
import {
  createConnectEvent,
  createDisconnectEvent,
  createMessageEvent,
  createSocketIdentity,
} from './socket-event.ts';

/** Frame limit of API Gateway. Clients send each message as a single frame, so this limit also applies to messages. */
const MAX_FRAME_BYTES = 32 * 1024;
const HANDLER_TIMEOUT_MS = 29_000;
const CLOSE_GRACE_MS = 500;

// Close codes of RFC 6455.
const GOING_AWAY = 1001;
const UNSUPPORTED_DATA = 1003;
const ABNORMAL_CLOSURE = 1006;

/** Maximum milliseconds without data (`idleMs`) and maximum lifetime in milliseconds (`lifeMs`) of a connection. */
export type SocketLimits = { readonly idleMs: number; readonly lifeMs: number };

/** Limits that API Gateway applies. */
export const SOCKET_LIMITS: SocketLimits = { idleMs: 10 * 60_000, lifeMs: 2 * 60 * 60_000 };

/** The handlers of a WebSocket API, by route. */
export type SocketHandlers = Readonly<Record<SocketRouteKey, LambdaHandler>>;

/** An open connection. */
export type SocketConnection = {
  readonly identity: SocketIdentity;
  readonly socket: WebSocket;
  /** Epoch milliseconds. */
  lastActiveAt: number;
  /** Restarts the idle timer; called for data in both directions. */
  recordActivity(): void;
};

/** Accepts WebSocket connections and invokes handlers for their events. The owner must call `close`. */
export class SocketGateway {
  /** Open connections by id. */
  readonly connections = new Map<string, SocketConnection>();
  readonly #server: WebSocketServer;
  readonly #chosenProtocols = new WeakMap<IncomingMessage, string>();
  readonly #pendingPromises = new Set<Promise<unknown>>();
  readonly #handlers: SocketHandlers;
  readonly #limits: SocketLimits;
  readonly #log: Log;

  constructor(options: {
    readonly handlers: SocketHandlers;
    readonly limits: SocketLimits;
    readonly log: Log;
  }) {
    this.#handlers = options.handlers;
    this.#limits = options.limits;
    this.#log = options.log;
    this.#server = new WebSocketServer({
      noServer: true,
      maxPayload: MAX_FRAME_BYTES,
      handleProtocols: (_offered, request) => this.#chosenProtocols.get(request) ?? false,
    });
  }

  /** Invokes the connect handler, and opens the connection unless the handler answers with a status of 300 or more. */
  acceptUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    this.#trackPromise(this.#performUpgrade(request, socket, head));
  }

  /** Closes all connections and waits for running handlers. */
  async close(): Promise<void> {
    for (const { socket } of this.connections.values()) {
      socket.close(GOING_AWAY);
      setTimeout(() => socket.terminate(), CLOSE_GRACE_MS).unref();
    }
    while (this.connections.size > 0 || this.#pendingPromises.size > 0) {
      const closes = [...this.connections.values()].map(({ socket }) => waitForClose(socket));
      await Promise.all([...closes, ...this.#pendingPromises]);
    }
  }

  async #performUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const connectionId = `${randomBytes(11).toString('base64url')}=`;
    const identity = createSocketIdentity(request, connectionId, Date.now());
    const result = await this.#invokeConnect(request, identity);
    if (result.statusCode >= 300) {
      rejectUpgrade(socket, result.statusCode);
      return;
    }
    if (socket.destroyed) {
      await this.#handleDisconnect(identity, { code: ABNORMAL_CLOSURE, reason: '' });
      return;
    }
    const protocol = getChosenProtocol(result);
    if (protocol !== undefined) this.#chosenProtocols.set(request, protocol);
    this.#server.handleUpgrade(request, socket, head, (webSocket) =>
      this.#openConnection(webSocket, identity),
    );
  }

  async #invokeConnect(request: IncomingMessage, identity: SocketIdentity): Promise<HttpResult> {
    try {
      const result = await this.#invoke('$connect', (id) =>
        createConnectEvent(request, identity, id),
      );
      return parseHttpResult(result);
    } catch (error) {
      this.#log.error('connect handler failed', { error: describeError(error) });
      return { statusCode: 500 };
    }
  }

  #openConnection(socket: WebSocket, identity: SocketIdentity): void {
    const connection = this.#createConnection(socket, identity);
    this.connections.set(identity.connectionId, connection);
    socket.on('error', (error) => {
      this.#log.info('socket failed', { connection: identity.connectionId, error: error.message });
    });
    socket.on('message', (data, isBinary) => {
      connection.recordActivity();
      if (isBinary) socket.close(UNSUPPORTED_DATA, 'text frames only');
      else this.#trackPromise(this.#handleMessage(connection, data.toString()));
    });
    socket.on('close', (code, reason) => {
      this.connections.delete(identity.connectionId);
      this.#trackPromise(this.#handleDisconnect(identity, { code, reason: reason.toString() }));
    });
  }

  /** Creates a connection and starts the timers that close the connection after idle time and after the maximum lifetime. */
  #createConnection(socket: WebSocket, identity: SocketIdentity): SocketConnection {
    const idleTimer = setTimeout(() => socket.close(GOING_AWAY, 'idle'), this.#limits.idleMs);
    const lifeTimer = setTimeout(() => socket.close(GOING_AWAY, 'going away'), this.#limits.lifeMs);
    socket.on('close', () => {
      clearTimeout(idleTimer);
      clearTimeout(lifeTimer);
    });
    return {
      identity,
      socket,
      lastActiveAt: identity.connectedAt,
      recordActivity() {
        this.lastActiveAt = Date.now();
        idleTimer.refresh();
      },
    };
  }

  async #handleMessage({ identity, socket }: SocketConnection, body: string): Promise<void> {
    const requestId = randomUUID();
    try {
      await this.#invoke('$default', (id) => createMessageEvent(identity, body, id), requestId);
    } catch (error) {
      this.#log.error('message handler failed', { requestId, error: describeError(error) });
      const { connectionId } = identity;
      socket.send(JSON.stringify({ message: 'Internal server error', connectionId, requestId }));
    }
  }

  async #handleDisconnect(
    identity: SocketIdentity,
    close: { readonly code: number; readonly reason: string },
  ): Promise<void> {
    try {
      await this.#invoke('$disconnect', (id) => createDisconnectEvent(identity, close, id));
    } catch (error) {
      this.#log.error('disconnect handler failed', { error: describeError(error) });
    }
  }

  #invoke(
    route: SocketRouteKey,
    createEvent: (requestId: string) => object,
    requestId = randomUUID(),
  ) {
    const target = { name: `ws-${route.slice(1)}`, handler: this.#handlers[route] };
    return invokeLambda({ ...target, timeoutMs: HANDLER_TIMEOUT_MS }, createEvent(requestId));
  }

  #trackPromise(promise: Promise<void>): void {
    const tracked = promise
      .catch((error) =>
        this.#log.error('an operation on a socket failed', { error: describeError(error) }),
      )
      .finally(() => this.#pendingPromises.delete(tracked));
    this.#pendingPromises.add(tracked);
  }
}

/** Returns the subprotocol chosen by the handler. */
function getChosenProtocol(result: HttpResult): string | undefined {
  for (const [name, value] of Object.entries(result.headers ?? {})) {
    if (name.toLowerCase() === 'sec-websocket-protocol') return String(value);
  }
  return undefined;
}

function rejectUpgrade(socket: Duplex, status: number): void {
  const reason = STATUS_CODES[status] ?? 'Rejected';
  socket.end(`HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function waitForClose(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.readyState === socket.CLOSED) resolve();
    else socket.once('close', () => resolve());
  });
}
