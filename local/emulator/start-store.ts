import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import dynalite from 'dynalite';
import type { Credential } from '../credential.ts';
import { isAuthorized } from '../credential.ts';
import { listenOnLoopback } from '../listen-on-loopback.ts';
import { repairIndexes } from './repair-indexes.ts';

const MAX_REQUEST_BYTES = 16 * 1024 * 1024;

/** A running emulator of DynamoDB. */
export type StoreEmulator = { readonly endpoint: string; close(): Promise<void> };

/**
 * Starts an emulator of DynamoDB on loopback. Callers must sign with `credential`. Port 0 (the default) selects any free port.
 */
export async function startStore(options: {
  readonly dataDir: string;
  readonly credential: Credential;
  readonly port?: number;
}): Promise<StoreEmulator> {
  const path = join(options.dataDir, 'level');
  const uncleanMarker = join(options.dataDir, 'not-closed');
  await mkdir(path, { recursive: true, mode: 0o700 });
  await repairIndexes(path, existsSync(uncleanMarker));
  await writeFile(uncleanMarker, '');
  const server = dynalite({ path, createTableMs: 0, updateTableMs: 0, deleteTableMs: 0 });
  installGuard(server, options.credential);
  const port = await listenOnLoopback(server, options.port ?? 0);
  return {
    endpoint: `http://127.0.0.1:${port}`,
    async close() {
      await closeServer(server);
      await rm(uncleanMarker, { force: true });
    },
  };
}

/**
 * Makes the server check the credential, and pass only complete requests on to dynalite, which throws on an aborted request.
 */
function installGuard(server: Server, credential: Credential): void {
  const listeners = server.listeners('request');
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    if (!isAuthorized(request.headers.authorization, credential)) {
      request.resume();
      return sendError(
        response,
        403,
        'UnrecognizedClientException',
        'The security token is invalid.',
      );
    }
    readWholeRequest(request).then(
      (body) => {
        const { headers, method, url } = request;
        const completeRequest = Object.assign(Readable.from([body]), { headers, method, url });
        for (const listener of listeners) listener.call(server, completeRequest, response);
      },
      () =>
        sendError(
          response,
          413,
          'SerializationException',
          'The request is too large or incomplete.',
        ),
    );
  });
}

function sendError(response: ServerResponse, status: number, type: string, message: string): void {
  if (response.destroyed) return;
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
  response.end(JSON.stringify({ __type: `com.amazon.coral.service#${type}`, message }));
}

async function readWholeRequest(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > MAX_REQUEST_BYTES) throw new Error('the request is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error ? reject(error) : resolve()));
    server.closeAllConnections();
  });
}
