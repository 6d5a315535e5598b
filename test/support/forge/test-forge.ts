import { generateKeyPairSync } from 'node:crypto';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { createGitHubForge } from '../../../adapters/github/create-github-forge.ts';
import type { Forge } from '../../../core/port/forge.ts';
import type { FaultSettings } from '../../../local/forge/fault.ts';
import type { RunningForge } from '../../../local/forge/start-forge.ts';
import { startForge } from '../../../local/forge/start-forge.ts';
import {
  commitFiles,
  initRepository,
  makeTemporaryDirectory,
  pushWithToken,
  runGit,
} from '../workspace/git.ts';

export const ADMIN_TOKEN = 'admin-token-of-the-tests';
export const WEBHOOK_SECRET = 'webhook-secret-of-the-tests';
const APP_ID = '4711';
const appKeys = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});

/** Webhook delivery that the test received. */
export type Delivery = {
  readonly event: string;
  readonly id: string;
  readonly signature: string;
  readonly body: string;
};

/** A work tree and its repository at the forge. `main` is the head commit of the branch `main`. */
export type TestRepository = {
  readonly repo: string;
  readonly path: string;
  readonly url: string;
  readonly main: string;
};

/** Running forge with its client and webhook receiver. */
export type TestForge = {
  readonly forge: Forge;
  /** Login of the account that `forge` uses. */
  readonly author: string;
  readonly deliveries: readonly Delivery[];
  readonly server: RunningForge;
  readonly dataDir: string;
  now(): number;
  /** Advances the clock of the forge and its client by milliseconds. */
  advanceClock(ms: number): void;
  makeRepository(name: string, files?: Readonly<Record<string, string>>): Promise<TestRepository>;
  /** Commits files on top of `start` (default: main), pushes the commit to a branch and returns the commit id. */
  pushBranch(
    repository: TestRepository,
    branch: string,
    files: Readonly<Record<string, string>>,
    start?: string,
  ): Promise<string>;
  /** Creates an account for a person and returns a token of the account. Default permission: write. */
  createPerson(login: string, permission?: 'read' | 'write' | 'admin'): Promise<string>;
  /** Calls the REST API with a token and returns the parsed body. */
  call(
    token: string,
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ readonly status: number; readonly body: unknown }>;
  /** Calls the control API of the forge, such as `POST /repositories`. */
  controlForge(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ readonly status: number; readonly body: unknown }>;
  setFaults(settings: FaultSettings): Promise<void>;
  /** Creates another client with its own cache; `send` replaces `fetch`. */
  createClient(auth?: 'app' | { readonly token: string }, send?: typeof fetch): Forge;
  close(): Promise<void>;
};

export async function startTestForge(): Promise<TestForge> {
  const directory = await makeTemporaryDirectory('smol-gang-forge');
  let clockOffsetMs = 0;
  const now = () => Date.now() + clockOffsetMs;
  const deliveries: Delivery[] = [];
  const webhookReceiver = await listenForDeliveries(deliveries);
  const dataDir = join(directory.path, 'forge');
  const server = await startForge({
    port: 0,
    dataDir,
    adminToken: ADMIN_TOKEN,
    app: { id: APP_ID, key: appKeys.publicKey },
    webhook: { url: webhookReceiver.url, secret: WEBHOOK_SECRET },
    now,
  });
  const createClient = (auth: 'app' | { readonly token: string } = 'app', send?: typeof fetch) =>
    createGitHubForge({
      baseUrl: server.apiUrl,
      auth: auth === 'app' ? { appId: APP_ID, privateKey: appKeys.privateKey } : auth,
      now,
      ...(send !== undefined && { fetch: send }),
    });
  const control = (method: string, path: string, body?: unknown) =>
    sendForgeRequest(`${server.url}/_forge${path}`, ADMIN_TOKEN, method, body);
  return {
    forge: createClient(),
    author: 'smol-gang[bot]',
    deliveries,
    server,
    dataDir,
    now,
    advanceClock: (ms) => {
      clockOffsetMs += ms;
    },
    makeRepository: (name, files) => makeRepository(server, directory.path, control, name, files),
    pushBranch,
    createPerson: async (login, permission = 'write') => {
      const { body } = await control('POST', '/users', { login, permission });
      return readField(body, 'token');
    },
    call: (token, method, path, body) =>
      sendForgeRequest(server.apiUrl + path, token, method, body),
    controlForge: control,
    setFaults: async (settings) => {
      const { status, body } = await control('POST', '/faults', settings);
      if (status !== 204)
        throw new Error(`the forge refused the faults with ${status}: ${JSON.stringify(body)}`);
    },
    createClient,
    close: async () => {
      await server.close();
      await webhookReceiver.close();
      await directory.remove();
    },
  };
}

async function makeRepository(
  server: RunningForge,
  root: string,
  control: TestForge['controlForge'],
  name: string,
  files: Readonly<Record<string, string>> = { 'README.md': '# Sample\n', 'a.txt': 'a\n' },
): Promise<TestRepository> {
  const repo = `acme/${name}`;
  await control('POST', '/repositories', { name: repo });
  const path = join(root, 'work', name);
  await initRepository(path);
  const main = await commitFiles(path, files, 'Start');
  const url = `${server.url}/${repo}.git`;
  await pushWithToken(path, url, ADMIN_TOKEN, 'HEAD:refs/heads/main');
  return { repo, path, url, main };
}

async function pushBranch(
  { path, url, main }: TestRepository,
  branch: string,
  files: Readonly<Record<string, string>>,
  start = main,
): Promise<string> {
  await runGit(path, ['checkout', '--quiet', '--detach', start]);
  const commit = await commitFiles(path, files, `Work on ${branch}`);
  await pushWithToken(path, url, ADMIN_TOKEN, `HEAD:refs/heads/${branch}`);
  return commit;
}

/** Sends a request and returns status and parsed body, also for an error status. */
export async function sendForgeRequest(url: string, token: string, method: string, body?: unknown) {
  const response = await fetch(url, {
    method,
    headers: { authorization: `token ${token}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const parsed: unknown = text === '' ? undefined : JSON.parse(text);
  return { status: response.status, body: parsed };
}

/** Returns a text or number field of a body as text. Throws if the field is missing. */
export function readField(body: unknown, name: string): string {
  const value: unknown =
    typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined;
  if (typeof value !== 'string' && typeof value !== 'number') {
    throw new Error(`the answer has no field "${name}": ${JSON.stringify(body)}`);
  }
  return String(value);
}

async function listenForDeliveries(deliveries: Delivery[]) {
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      deliveries.push({
        event: String(request.headers['x-github-event']),
        id: String(request.headers['x-github-delivery']),
        signature: String(request.headers['x-hub-signature-256']),
        body: Buffer.concat(chunks).toString(),
      });
      response.writeHead(202).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    url: `http://127.0.0.1:${address.port}/hook`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
