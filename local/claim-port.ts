import { createServer } from 'node:http';
import { AppError } from '../core/base/app-error.ts';
import { findPortHolder } from './find-port-holder.ts';
import { listenOnLoopback } from './listen-on-loopback.ts';

/**
 * Makes sure that `wanted` is free on loopback, and answers it (for 0: some free port). A taken one is an AppError that
 * names who holds it and the environment variable that chooses another.
 */
export async function claimPort(variable: string, wanted: number): Promise<number> {
  const server = createServer();
  try {
    return await listenOnLoopback(server, wanted);
  } catch (cause) {
    throw await createPortError(variable, wanted, cause);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

async function createPortError(
  variable: string,
  wanted: number,
  cause: unknown,
): Promise<AppError> {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code !== 'EADDRINUSE') {
    const message = `port ${wanted} cannot be used (${String(code)}): set ${variable} to another one`;
    return new AppError('conflict', 'port_refused', message, { cause });
  }
  const holder =
    (await findPortHolder(wanted)) ?? 'a process that cannot be told (of another user?)';
  const message = `port ${wanted} is taken by ${holder}: end it, or set ${variable} to another port`;
  return new AppError('conflict', 'port_taken', message, {
    details: { port: wanted, variable },
    cause,
  });
}
