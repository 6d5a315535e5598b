import { createEmulator } from 'emulate';
import { createGitHubForge } from '../../../adapters/github/create-github-forge.ts';
import type { TestForge, TestRepository } from './test-forge.ts';
import { ADMIN_TOKEN, readField, sendForgeRequest } from './test-forge.ts';

// Runs the forge tests against the GitHub emulator of the `emulate` package, an independent implementation of the GitHub API.
// The emulator serves no git protocol, so the tests create commits through the REST API.

const ADMIN = 'acme-admin';
const PEOPLE = ['writer', 'stranger', 'second', 'approver', 'owner', 'demoted'];

/** Starts the emulator and returns a forge for tests; `close` stops the emulator. */
export async function startEmulateForge(): Promise<TestForge> {
  const emulator = await startEmulator();
  const repositories: string[] = [];
  let clockOffsetMs = 0;
  const now = () => Date.now() + clockOffsetMs;
  const call = (token: string, method: string, path: string, body?: unknown) =>
    sendForgeRequest(emulator.url + path, token, method, body);
  const createClient = (
    auth: 'app' | { readonly token: string } = 'app',
    fetch?: typeof globalThis.fetch,
  ) =>
    createGitHubForge({
      baseUrl: emulator.url,
      auth: auth === 'app' ? { token: ADMIN_TOKEN } : auth,
      now,
      ...(fetch !== undefined && { fetch }),
    });
  return {
    forge: createClient(),
    author: ADMIN,
    deliveries: [],
    now,
    advanceClock: (ms) => {
      clockOffsetMs += ms;
    },
    makeRepository: (name, files) => {
      repositories.push(`acme/${name}`);
      return makeRepository(call, emulator.url, name, files);
    },
    pushBranch: (repository, branch, files, start) =>
      pushBranch(call, repository, branch, files, start),
    createPerson: async (login, permission = 'write') => {
      await inviteUser(call, repositories, login, permission);
      return createPersonToken(login);
    },
    call,
    controlForge: (method, path, body) => controlForge(call, method, path, body),
    createClient,
    get server(): never {
      throw new Error(
        'the emulate forge runs inside the test process: the test cannot read a server process',
      );
    },
    get dataDir(): never {
      throw new Error(
        'the emulate forge stores nothing on disk: the test cannot read a data directory',
      );
    },
    setFaults: () => Promise.reject(new Error('the emulate forge cannot inject faults')),
    close: () => emulator.close(),
  };
}

function startEmulator() {
  const tokens = Object.fromEntries(
    [ADMIN, ...PEOPLE].map((login) => [
      createPersonToken(login),
      { login, scopes: ['repo', 'admin:org'] },
    ]),
  );
  return createEmulator({
    service: 'github',
    port: 0,
    seed: {
      tokens,
      github: {
        users: [ADMIN, ...PEOPLE].map((login) => ({ login, email: `${login}@example.com` })),
        orgs: [{ login: 'acme', members: [{ login: ADMIN, role: 'admin' }] }],
      },
    },
  });
}

type ForgeCall = TestForge['call'];

function createPersonToken(login: string): string {
  return login === ADMIN ? ADMIN_TOKEN : `token-of-${login}`;
}

/** Sends a request as the administrator and returns the body; throws if the answer is an error. */
async function requireSuccess(
  call: ForgeCall,
  method: string,
  path: string,
  body?: unknown,
): Promise<unknown> {
  const answer = await call(ADMIN_TOKEN, method, path, body);
  if (answer.status < 300) return answer.body;
  throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
}

async function makeRepository(
  call: ForgeCall,
  base: string,
  name: string,
  files: Readonly<Record<string, string>> = { 'README.md': '# Sample\n', 'a.txt': 'a\n' },
): Promise<TestRepository> {
  await requireSuccess(call, 'POST', '/orgs/acme/repos', { name });
  const repo = `acme/${name}`;
  const main = await createCommit(call, repo, files, undefined);
  await requireSuccess(call, 'POST', `/repos/${repo}/git/refs`, {
    ref: 'refs/heads/main',
    sha: main,
  });
  return {
    repo,
    get path(): never {
      throw new Error('the emulate forge has no repository folder on disk');
    },
    url: `${base}/${repo}.git`,
    main,
  };
}

async function pushBranch(
  call: ForgeCall,
  { repo, main }: TestRepository,
  branch: string,
  files: Readonly<Record<string, string>>,
  start = main,
): Promise<string> {
  const sha = await createCommit(call, repo, files, start);
  const path = `/repos/${repo}/git/refs`;
  const answer = await call(ADMIN_TOKEN, 'POST', path, { ref: `refs/heads/${branch}`, sha });
  if (answer.status !== 201)
    await requireSuccess(call, 'PATCH', `${path}/heads/${branch}`, { sha, force: true });
  return sha;
}

async function createCommit(
  call: ForgeCall,
  repo: string,
  files: Readonly<Record<string, string>>,
  parent: string | undefined,
): Promise<string> {
  const tree = Object.entries(files).map(([path, content]) => ({
    path,
    mode: '100644',
    type: 'blob',
    content,
  }));
  const base = parent === undefined ? undefined : await readTree(call, repo, parent);
  const createdTree = await requireSuccess(call, 'POST', `/repos/${repo}/git/trees`, {
    tree,
    base_tree: base,
  });
  const body = {
    message: 'Work',
    tree: readField(createdTree, 'sha'),
    parents: parent === undefined ? [] : [parent],
  };
  return readField(await requireSuccess(call, 'POST', `/repos/${repo}/git/commits`, body), 'sha');
}

async function readTree(call: ForgeCall, repo: string, sha: string): Promise<string> {
  const commit = await requireSuccess(call, 'GET', `/repos/${repo}/git/commits/${sha}`);
  return readField(Reflect.get(Object(commit), 'tree'), 'sha');
}

async function inviteUser(
  call: ForgeCall,
  repositories: readonly string[],
  login: string,
  permission: 'read' | 'write' | 'admin',
): Promise<void> {
  const role = { read: 'pull', write: 'push', admin: 'admin' }[permission];
  for (const repo of repositories)
    await requireSuccess(call, 'PUT', `/repos/${repo}/collaborators/${login}`, {
      permission: role,
    });
}

async function controlForge(call: ForgeCall, method: string, path: string, body: unknown) {
  if (method !== 'POST' || path !== '/repositories')
    throw new Error(`the emulate forge has no control request ${method} ${path}`);
  const name = readField(body, 'name').replace('acme/', '');
  return call(ADMIN_TOKEN, 'POST', '/orgs/acme/repos', { name });
}
