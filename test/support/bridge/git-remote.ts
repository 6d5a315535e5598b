import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { createGitEnv, initRepository, runGit } from '../workspace/git.ts';

// Serves one repository over git's smart HTTP protocol with a token check, like a forge.

/** Server of one repository. */
export type GitRemote = {
  readonly url: string;
  readonly token: string;
  /** Path of the repository on disk. */
  readonly directory: string;
  /** Number of pushes that the server has received. */
  pushCount: number;
  /** Refuses the next `times` requests with this HTTP status. */
  refusal: { readonly status: number; times: number };
  /** Returns the head commit of a branch; undefined for a missing branch. */
  readHead(branch: string): Promise<string | undefined>;
  close(): Promise<void>;
};

/** Creates a repository below `root` and serves the repository on a free loopback port. */
export async function startGitRemote(root: string, token: string): Promise<GitRemote> {
  const directory = join(root, 'remote.git');
  await initRepository(directory);
  await runGit(directory, ['config', 'core.bare', 'true']);
  await runGit(directory, ['config', 'http.receivepack', 'true']);
  const server = createServer((request, response) => {
    if (!isAuthorized(request, token)) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="test"' }).end();
      return;
    }
    if (remote.refusal.times > 0) {
      remote.refusal.times -= 1;
      response.writeHead(remote.refusal.status).end();
      return;
    }
    if (request.url?.endsWith('/git-receive-pack')) remote.pushCount += 1;
    serveGitRequest(join(directory, '.git'), request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new Error('the git server has no port');
  const remote: GitRemote = {
    url: `http://127.0.0.1:${address.port}/repository.git`,
    token,
    directory,
    pushCount: 0,
    refusal: { status: 503, times: 0 },
    readHead: (branch) =>
      runGit(directory, ['rev-parse', '--verify', '--quiet', `refs/heads/${branch}`]).catch(
        () => undefined,
      ),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return remote;
}

function isAuthorized(request: IncomingMessage, token: string): boolean {
  const basic = /^Basic (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
  return Buffer.from(basic, 'base64').toString() === `x-access-token:${token}`;
}

/** Runs `git http-backend` as a CGI program. */
function serveGitRequest(gitDir: string, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const env = createGitEnv({
    GIT_PROJECT_ROOT: gitDir,
    GIT_HTTP_EXPORT_ALL: '1',
    PATH_INFO: url.pathname.replace(/^\/repository\.git/, ''),
    QUERY_STRING: url.search.slice(1),
    REQUEST_METHOD: request.method ?? 'GET',
    CONTENT_TYPE: request.headers['content-type'] ?? '',
    HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
    GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
    REMOTE_USER: 'test',
  });
  const backend = spawn('git', ['http-backend'], { env, stdio: ['pipe', 'pipe', 'ignore'] });
  request.pipe(backend.stdin).on('error', () => {});
  let head: Buffer | undefined = Buffer.alloc(0);
  backend.stdout.on('data', (chunk: Buffer) => {
    if (head === undefined) {
      response.write(chunk);
      return;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end === -1) return;
    writeHead(response, head.subarray(0, end).toString());
    response.write(head.subarray(end + 4));
    head = undefined;
  });
  backend.stdout.on('end', () => response.end());
}

/** Converts the CGI header lines into the head of the response. */
function writeHead(response: ServerResponse, text: string): void {
  for (const line of text.split('\r\n')) {
    const [name = '', value = ''] = line.split(': ');
    if (name === 'Status') response.statusCode = Number(value.slice(0, 3));
    else response.setHeader(name, value);
  }
}
