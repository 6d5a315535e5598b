import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

// Sends JSON without the limit of 300 seconds that `fetch` of Node.js sets for the head and for each pause of the body: a local model may
// read a long prompt for longer. The caller ends a request by its signal.

/** Response of an endpoint. */
export type HttpReply = {
  readonly status: number;
  /** Value of the header Retry-After. */
  readonly retryAfter: string | undefined;
  /** Pieces of the body as text; a piece never ends within a character. */
  readonly pieces: AsyncIterable<string>;
};

/** Request with a JSON body. */
export type JsonRequest = {
  readonly url: string;
  readonly bearer: string;
  readonly body: unknown;
  readonly signal: AbortSignal;
};

/** Sends a POST request. Resolves when the head of the response has arrived. */
export function postJson({ url, bearer, body, signal }: JsonRequest): Promise<HttpReply> {
  const text = JSON.stringify(body);
  const send = url.startsWith('https:') ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const outgoing = send(url, {
      method: 'POST',
      signal,
      headers: {
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(text)),
        authorization: `Bearer ${bearer}`,
      },
    });
    outgoing.once('error', reject);
    outgoing.once('response', (response) =>
      resolve({
        status: response.statusCode ?? 502,
        retryAfter: response.headers['retry-after'],
        pieces: response.setEncoding('utf8'),
      }),
    );
    outgoing.end(text);
  });
}
