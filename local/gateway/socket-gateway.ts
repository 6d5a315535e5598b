import { randomBytes, randomUUID } from 'node:crypto';
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Log } from '../../core/port/runtime.ts';
import { invokeLambda, type LambdaHandler } from '../handler.ts';
import { type HttpResult, parseHttpResult } from './http-result.ts';
import {
  connectEvent,
  disconnectEvent,
  identityOf,
  messageEvent,
  type SocketIdentity,
  type SocketRouteKey,
} from './socket-event.ts';

/** A frame that API Gateway takes; clients send one frame a message, so it is the limit of a message too. */
const MAX_FRAME_BYTES = 32 * 1024;
const TIMEOUT_MS = 29_000;
const CLOSE_GRACE_MS = 500;

const GOING_AWAY = 1001;
const UNSUPPORTED_DATA = 1003;

export type SocketLimits = { readonly idleMs: number; readonly lifeMs: number };
export const SOCKET_LIMITS: SocketLimits = { idleMs: 10 * 60_000, lifeMs: 2 * 60 * 60_000 };

export type SocketHandlers = Readonly<Record<SocketRouteKey, LambdaHandler>>;

export type Connection = {
  readonly identity: SocketIdentity;
  readonly socket: WebSocket;
  /** Epoch milliseconds. */
  lastActiveAt: number;
  /** To be called whenever data passes, in either direction. */
  touch(): void;
};

/** WebSocket upgrades in, the handlers' events out; `connections` holds what is open. Has a lifetime. */
export class SocketGateway {
  readonly connections = new Map<string, Connection>();
  readonly #server: WebSocketServer;
  readonly #protocols = new WeakMap<IncomingMessage, string>();
  readonly #running = new Set<Promise<unknown>>();
  readonly #handlers: SocketHandlers;
  readonly #limits: SocketLimits;
  readonly #log: Log;

  constructor(options: { handlers: SocketHandlers; limits: SocketLimits; log: Log }) {
    this.#handlers = options.handlers;
    this.#limits = options.limits;
    this.#log = options.log;
    this.#server = new WebSocketServer({
      noServer: true,
      maxPayload: MAX_FRAME_BYTES,
      handleProtocols: (_offered, request) => this.#protocols.get(request) ?? false,
    });
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    this.#track(this.#upgrade(request, socket, head));
  }

  async close(): Promise<void> {
    for (const { socket } of this.connections.values()) {
      socket.close(GOING_AWAY);
      setTimeout(() => socket.terminate(), CLOSE_GRACE_MS).unref();
    }
    while (this.connections.size > 0 || this.#running.size > 0) {
      const closing = [...this.connections.values()].map(({ socket }) => closed(socket));
      await Promise.all([...closing, ...this.#running]);
    }
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const connectionId = `${randomBytes(11).toString('base64url')}=`;
    const identity = identityOf(request, connectionId, Date.now());
    const result = await this.#connect(request, identity);
    if (result.statusCode >= 300) {
      refuseUpgrade(socket, result.statusCode);
      return;
    }
    if (socket.destroyed) {
      await this.#disconnect(identity, { code: 1006, reason: '' });
      return;
    }
    const protocol = protocolOf(result);
    if (protocol !== undefined) this.#protocols.set(request, protocol);
    this.#server.handleUpgrade(request, socket, head, (open) => this.#opened(open, identity));
  }

  async #connect(request: IncomingMessage, identity: SocketIdentity): Promise<HttpResult> {
    try {
      const result = await this.#invoke('$connect', (id) => connectEvent(request, identity, id));
      return parseHttpResult(result);
    } catch (error) {
      this.#log.error('connect handler failed', { error: String(error) });
      return { statusCode: 500 };
    }
  }

  #opened(socket: WebSocket, identity: SocketIdentity): void {
    const connection = this.#watch(socket, identity);
    this.connections.set(identity.connectionId, connection);
    socket.on('error', (error) => {
      this.#log.info('socket failed', { connection: identity.connectionId, error: error.message });
    });
    socket.on('message', (data, isBinary) => {
      connection.touch();
      if (isBinary) socket.close(UNSUPPORTED_DATA, 'text frames only');
      else this.#track(this.#message(connection, data.toString()));
    });
    socket.on('close', (code, reason) => {
      this.connections.delete(identity.connectionId);
      this.#track(this.#disconnect(identity, { code, reason: reason.toString() }));
    });
  }

  /** Ends it after too long without data, and after its longest life. */
  #watch(socket: WebSocket, identity: SocketIdentity): Connection {
    const idle = setTimeout(() => socket.close(GOING_AWAY, 'idle'), this.#limits.idleMs);
    const life = setTimeout(() => socket.close(GOING_AWAY, 'going away'), this.#limits.lifeMs);
    socket.on('close', () => {
      clearTimeout(idle);
      clearTimeout(life);
    });
    return {
      identity,
      socket,
      lastActiveAt: identity.connectedAt,
      touch() {
        this.lastActiveAt = Date.now();
        idle.refresh();
      },
    };
  }

  async #message({ identity, socket }: Connection, body: string): Promise<void> {
    const requestId = randomUUID();
    try {
      await this.#invoke('$default', (id) => messageEvent(identity, body, id), requestId);
    } catch (error) {
      this.#log.error('message handler failed', { requestId, error: String(error) });
      const { connectionId } = identity;
      socket.send(JSON.stringify({ message: 'Internal server error', connectionId, requestId }));
    }
  }

  async #disconnect(
    identity: SocketIdentity,
    close: { readonly code: number; readonly reason: string },
  ): Promise<void> {
    try {
      await this.#invoke('$disconnect', (id) => disconnectEvent(identity, close, id));
    } catch (error) {
      this.#log.error('disconnect handler failed', { error: String(error) });
    }
  }

  #invoke(route: SocketRouteKey, event: (requestId: string) => object, requestId = randomUUID()) {
    const target = { name: `ws-${route.slice(1)}`, handler: this.#handlers[route] };
    return invokeLambda({ ...target, timeoutMs: TIMEOUT_MS }, event(requestId));
  }

  #track(work: Promise<void>): void {
    const tracked = work
      .catch((error) => this.#log.error('socket work failed', { error: String(error) }))
      .finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
  }
}

/** Which of the offered subprotocols the handler chose. */
function protocolOf(result: HttpResult): string | undefined {
  for (const [name, value] of Object.entries(result.headers ?? {})) {
    if (name.toLowerCase() === 'sec-websocket-protocol') return String(value);
  }
  return undefined;
}

function refuseUpgrade(socket: Duplex, status: number): void {
  const reason = STATUS_CODES[status] ?? 'Refused';
  socket.end(`HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function closed(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.readyState === socket.CLOSED) resolve();
    else socket.once('close', () => resolve());
  });
}
