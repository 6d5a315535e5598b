import { createEmulator } from 'emulate';
import { createGitHubForge } from '../../adapters/github/create-github-forge.ts';
import {
  ADMIN_TOKEN,
  readField,
  send,
  type TestForge,
  type TestRepository,
} from './local-forge.ts';

// The GitHub of the `emulate` package in the place of the local forge: another hand's idea of the same interface. It has no git
// on the wire, so commits are made through the REST interface.

const ADMIN = 'acme-admin';
const PEOPLE = ['writer', 'stranger', 'second', 'approver', 'owner', 'demoted'];

export async function startEmulateForge(): Promise<TestForge> {
  const tokens = Object.fromEntries(
    [ADMIN, ...PEOPLE].map((login) => [tokenOf(login), { login, scopes: ['repo', 'admin:org'] }]),
  );
  const emulator = await createEmulator({
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
  const repositories: string[] = [];
  let offset = 0;
  const now = () => Date.now() + offset;
  const call = (token: string, method: string, path: string, body?: unknown) =>
    send(emulator.url + path, token, method, body);
  const client = (auth: 'app' | { token: string } = 'app', fetch?: typeof globalThis.fetch) =>
    createGitHubForge({
      baseUrl: emulator.url,
      auth: auth === 'app' ? { token: ADMIN_TOKEN } : auth,
      now,
      ...(fetch !== undefined && { fetch }),
    });
  return {
    forge: client(),
    author: ADMIN,
    deliveries: [],
    now,
    advance: (ms) => {
      offset += ms;
    },
    makeRepository: (name, files) => {
      repositories.push(`acme/${name}`);
      return makeRepository(call, emulator.url, name, files);
    },
    pushBranch: (repository, branch, files, start) =>
      pushBranch(call, repository, branch, files, start),
    person: async (login, permission = 'write') => {
      await invite(call, repositories, login, permission);
      return tokenOf(login);
    },
    call,
    control: (method, path, body) => control(call, method, path, body),
    client,
    get server(): never {
      throw new Error('emulate is no process of ours');
    },
    get dataDir(): never {
      throw new Error('emulate keeps nothing on disk');
    },
    faults: () => Promise.reject(new Error('emulate has no faults on demand')),
    close: () => emulator.close(),
  };
}

type Call = TestForge['call'];

function tokenOf(login: string): string {
  return login === ADMIN ? ADMIN_TOKEN : `token-of-${login}`;
}

/** As the admin; throws when it is refused. */
async function must(call: Call, method: string, path: string, body?: unknown): Promise<unknown> {
  const answer = await call(ADMIN_TOKEN, method, path, body);
  if (answer.status < 300) return answer.body;
  throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
}

async function makeRepository(
  call: Call,
  base: string,
  name: string,
  files: Readonly<Record<string, string>> = { 'README.md': '# Sample\n', 'a.txt': 'a\n' },
): Promise<TestRepository> {
  await must(call, 'POST', '/orgs/acme/repos', { name });
  const repo = `acme/${name}`;
  const main = await commit(call, repo, files, undefined);
  await must(call, 'POST', `/repos/${repo}/git/refs`, { ref: 'refs/heads/main', sha: main });
  return {
    repo,
    get path(): never {
      throw new Error('emulate has no work tree');
    },
    url: `${base}/${repo}.git`,
    main,
  };
}

async function pushBranch(
  call: Call,
  { repo, main }: TestRepository,
  branch: string,
  files: Readonly<Record<string, string>>,
  start = main,
): Promise<string> {
  const sha = await commit(call, repo, files, start);
  const path = `/repos/${repo}/git/refs`;
  const made = await call(ADMIN_TOKEN, 'POST', path, { ref: `refs/heads/${branch}`, sha });
  if (made.status !== 201)
    await must(call, 'PATCH', `${path}/heads/${branch}`, { sha, force: true });
  return sha;
}

async function commit(
  call: Call,
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
  const base = parent === undefined ? undefined : await treeOf(call, repo, parent);
  const made = await must(call, 'POST', `/repos/${repo}/git/trees`, { tree, base_tree: base });
  const body = {
    message: 'Work',
    tree: readField(made, 'sha'),
    parents: parent === undefined ? [] : [parent],
  };
  return readField(await must(call, 'POST', `/repos/${repo}/git/commits`, body), 'sha');
}

async function treeOf(call: Call, repo: string, sha: string): Promise<string> {
  const found = await must(call, 'GET', `/repos/${repo}/git/commits/${sha}`);
  return readField(Reflect.get(Object(found), 'tree'), 'sha');
}

async function invite(
  call: Call,
  repositories: readonly string[],
  login: string,
  permission: 'read' | 'write' | 'admin',
): Promise<void> {
  const role = { read: 'pull', write: 'push', admin: 'admin' }[permission];
  for (const repo of repositories)
    await must(call, 'PUT', `/repos/${repo}/collaborators/${login}`, { permission: role });
}

async function control(call: Call, method: string, path: string, body: unknown) {
  if (method !== 'POST' || path !== '/repositories')
    throw new Error(`emulate has no ${method} ${path}`);
  const name = readField(body, 'name').replace('acme/', '');
  return call(ADMIN_TOKEN, 'POST', '/orgs/acme/repos', { name });
}
