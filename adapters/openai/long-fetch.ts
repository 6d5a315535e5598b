import type { IncomingMessage } from 'node:http';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';

/**
 * Sends a request like `fetch`, but without the limit of 300 seconds that `fetch` of Node.js sets for the head and for each pause of the
 * body: a local model may read a long prompt for longer. The signal of the request is the only limit. Supports text bodies.
 */
export async function longFetch(
  input: string | URL | Request,
  init: RequestInit = {},
): Promise<Response> {
  const url = new URL(input instanceof Request ? input.url : input);
  const message = await sendRequest(url, init);
  const headers = new Headers();
  for (const [name, value] of Object.entries(message.headers)) {
    for (const item of [value ?? []].flat()) headers.append(name, item);
  }
  const status = message.statusCode ?? 502;
  const body =
    status === 204 || status === 304 ? null : createBody(message, init.signal ?? undefined);
  return new Response(body, { status, headers });
}

function sendRequest(url: URL, init: RequestInit): Promise<IncomingMessage> {
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const { method = 'GET', signal } = init;
  const body = typeof init.body === 'string' ? init.body : undefined;
  const headers = Object.fromEntries(new Headers(init.headers));
  if (body !== undefined) headers['content-length'] = String(Buffer.byteLength(body));
  return new Promise((resolve, reject) => {
    const outgoing = send(url, { method, headers, ...(signal ? { signal } : {}) });
    outgoing.once('response', resolve);
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

/** Creates the body. After an abort, reading fails with the reason of the signal instead of a closed connection. */
function createBody(
  message: IncomingMessage,
  signal: AbortSignal | undefined,
): ReadableStream<Uint8Array> {
  const chunks = Readable.toWeb(message);
  const reader = chunks.getReader();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        throw signal?.aborted ? signal.reason : error;
      });
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}
