import { createServer } from 'node:http';
import { AppError } from '../core/base/app-error.ts';
import { findPortHolder } from './find-port-holder.ts';
import { listenOnLoopback } from './listen-on-loopback.ts';

/**
 * Checks that a port is free on loopback and returns the port, without reserving the port; 0 selects any free port. Throws
 * AppError `port_taken` if a process uses the port, or `port_refused` if the system refuses to open the port. Both messages
 * name the environment variable that selects another port.
 */
export async function checkPort(variable: string, port: number): Promise<number> {
  const server = createServer();
  try {
    return await listenOnLoopback(server, port);
  } catch (cause) {
    throw await createPortError(variable, port, cause);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

async function createPortError(variable: string, port: number, cause: unknown): Promise<AppError> {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code !== 'EADDRINUSE') {
    const message = `port ${port} cannot be opened (${String(code ?? cause)}): set ${variable} to another port`;
    return new AppError('conflict', 'port_refused', message, { cause });
  }
  const holder = (await findPortHolder(port)) ?? 'an unknown process, possibly of another user';
  const message = `port ${port} is taken by ${holder}: stop that process, or set ${variable} to another port`;
  return new AppError('conflict', 'port_taken', message, {
    details: { port, variable },
    cause,
  });
}
