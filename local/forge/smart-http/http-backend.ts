import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { createGitEnv, GIT_CONFIG } from '../git/run-git.ts';

/** A request of a git client for `git http-backend`. */
export type BackendRequest = {
  readonly gitDir: string;
  /** `/info/refs`, `/git-upload-pack` or `/git-receive-pack`. */
  readonly path: string;
  readonly query: string;
  readonly login: string;
  /** First bytes of the body, which the caller has already read. */
  readonly bodyStart: Buffer;
  /** Remaining bytes of the body. */
  readonly body: Readable;
};

/**
 * Runs `git http-backend` through CGI and copies its answer to `outgoing`. Resolves when git has exited. The caller ends the
 * response after the caller has handled the branches that a push moved.
 */
export function runHttpBackend(
  request: BackendRequest,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const config = GIT_CONFIG.flatMap((entry) => ['-c', entry]);
  const child = spawn('git', [...config, 'http-backend'], {
    env: createGitEnv(createCgiVariables(request, incoming)),
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  outgoing.on('close', () => child.kill('SIGTERM'));
  child.stdin.on('error', () => undefined);
  if (request.bodyStart.length > 0) child.stdin.write(request.bodyStart);
  request.body.on('error', () => child.stdin.destroy());
  request.body.pipe(child.stdin);
  return copyAnswer(child, child.stdout, outgoing);
}

function createCgiVariables(
  request: BackendRequest,
  incoming: IncomingMessage,
): Record<string, string> {
  const { 'content-type': type, 'git-protocol': protocol } = incoming.headers;
  return {
    GIT_PROJECT_ROOT: request.gitDir,
    GIT_HTTP_EXPORT_ALL: '1',
    REQUEST_METHOD: incoming.method ?? 'GET',
    PATH_INFO: request.path,
    QUERY_STRING: request.query,
    REMOTE_USER: request.login,
    REMOTE_ADDR: '127.0.0.1',
    GIT_COMMITTER_NAME: request.login,
    GIT_COMMITTER_EMAIL: `${request.login.replace(/[^\w.-]/g, '-')}@users.noreply.localhost`,
    ...(type !== undefined && { CONTENT_TYPE: type }),
    ...(typeof protocol === 'string' && { GIT_PROTOCOL: protocol }),
  };
}

/** Copies a CGI answer, which has header lines, an empty line and a body. The header `Status` is the HTTP status. */
function copyAnswer(
  child: ChildProcess,
  stdout: Readable,
  outgoing: ServerResponse,
): Promise<void> {
  let header: Buffer | undefined = Buffer.alloc(0);
  stdout.on('data', (chunk: Buffer) => {
    if (header !== undefined) {
      header = Buffer.concat([header, chunk]);
      const end = header.indexOf('\r\n\r\n');
      if (end === -1) return;
      writeHeader(header.toString('latin1', 0, end), outgoing);
      outgoing.write(header.subarray(end + 4));
      header = undefined;
      return;
    }
    if (outgoing.write(chunk)) return;
    stdout.pause();
    outgoing.once('drain', () => stdout.resume());
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => {
      if (!outgoing.headersSent) outgoing.writeHead(500);
      resolve();
    });
  });
}

function writeHeader(text: string, outgoing: ServerResponse): void {
  let status = 200;
  const headers: Record<string, string> = {};
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === 'status') status = Number.parseInt(value, 10) || 500;
    else headers[name] = value;
  }
  outgoing.writeHead(status, headers);
}
