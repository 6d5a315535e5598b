import type { IncomingMessage } from 'node:http';

/** Reads a request body; returns undefined as soon as the body exceeds `maxBytes`. Throws if the caller aborts the request. */
export async function readBody(
  request: IncomingMessage,
  maxBytes: number,
): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length;
    if (bytes > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Maximum bytes of a discarded body; small enough to bound the work, large enough for clients to receive the response first. */
const MAX_DISCARDED_BYTES = 1024 * 1024;

/** Discards the body without keeping it, so that the caller can receive the response; aborts the request after 1 MiB. */
export function discardBody(request: IncomingMessage): void {
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_DISCARDED_BYTES) request.destroy();
  });
}
