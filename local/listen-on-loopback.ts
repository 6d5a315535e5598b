import type { Server } from 'node:http';

/** Listens on a loopback port and returns its number; 0 selects any free port. Rejects if the port is taken. */
export function listenOnLoopback(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      const address = server.address();
      if (address === null || typeof address === 'string')
        reject(new Error('the server did not report the TCP port on which it listens'));
      else resolve(address.port);
    });
  });
}
