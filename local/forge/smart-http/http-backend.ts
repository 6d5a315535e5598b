import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { GIT_CONFIG, gitEnv } from '../git/run-git.ts';

/** A request of a git client, as `git http-backend` takes it. */
export type BackendCall = {
  readonly gitDir: string;
  /** `/info/refs`, `/git-upload-pack` or `/git-receive-pack`. */
  readonly path: string;
  readonly query: string;
  readonly login: string;
  /** Bytes that were already read from the body. */
  readonly head: Buffer;
  readonly body: Readable;
};

/**
 * Runs `git http-backend` as CGI and copies its answer. Resolves when git has ended. The caller ends the response after
 * handling the branches that a push moved.
 */
export function runHttpBackend(
  call: BackendCall,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const config = GIT_CONFIG.flatMap((entry) => ['-c', entry]);
  const child = spawn('git', [...config, 'http-backend'], {
    env: gitEnv(cgiVariables(call, incoming)),
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  outgoing.on('close', () => child.kill('SIGTERM'));
  child.stdin.on('error', () => undefined);
  if (call.head.length > 0) child.stdin.write(call.head);
  call.body.on('error', () => child.stdin.destroy());
  call.body.pipe(child.stdin);
  return copyAnswer(child, child.stdout, outgoing);
}

function cgiVariables(call: BackendCall, incoming: IncomingMessage): Record<string, string> {
  const { 'content-type': type, 'git-protocol': protocol } = incoming.headers;
  return {
    GIT_PROJECT_ROOT: call.gitDir,
    GIT_HTTP_EXPORT_ALL: '1',
    REQUEST_METHOD: incoming.method ?? 'GET',
    PATH_INFO: call.path,
    QUERY_STRING: call.query,
    REMOTE_USER: call.login,
    REMOTE_ADDR: '127.0.0.1',
    GIT_COMMITTER_NAME: call.login,
    GIT_COMMITTER_EMAIL: `${call.login.replace(/[^\w.-]/g, '-')}@users.noreply.localhost`,
    ...(type !== undefined && { CONTENT_TYPE: type }),
    ...(typeof protocol === 'string' && { GIT_PROTOCOL: protocol }),
  };
}

/** Copies a CGI answer: header lines, an empty line, the body. The header `Status` is the HTTP status. */
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
