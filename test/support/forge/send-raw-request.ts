import { request } from 'node:http';
import type { TestForge } from './test-forge.ts';
import { ADMIN_TOKEN } from './test-forge.ts';

/** Calls the forge's REST interface with a path as it stands: `fetch` would tidy it. A body that is a string is sent as it is. */
export function sendRawRequest(
  forge: TestForge,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `token ${ADMIN_TOKEN}`, 'content-type': 'application/json' };
    const { port } = forge.server;
    const sent = request(
      { host: '127.0.0.1', port, method, path: `/api/v3${path}`, headers },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() });
        });
      },
    );
    sent.on('error', reject);
    if (body === undefined) sent.end();
    else sent.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
}
