import { request } from 'node:http';
import type { TestForge } from './test-forge.ts';
import { ADMIN_TOKEN } from './test-forge.ts';

/**
 * Calls the REST API of the forge with the exact path, which `fetch` would normalise. A string body is sent unchanged, another
 * body as JSON.
 */
export function sendRawRequest(
  forge: TestForge,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `token ${ADMIN_TOKEN}`, 'content-type': 'application/json' };
    const { port } = forge.server;
    const outgoing = request(
      { host: '127.0.0.1', port, method, path: `/api/v3${path}`, headers },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() });
        });
      },
    );
    outgoing.on('error', reject);
    if (body === undefined) outgoing.end();
    else outgoing.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
}
