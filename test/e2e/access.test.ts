import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { submitGraph, useStage, waitForTaskStatus } from '../support/platform/e2e-stage.ts';
import { renderWriteInstruction } from '../support/platform/render-graph.ts';
import { waitForPlanStatus } from '../support/platform/wait-for-plan.ts';
import { ADMIN } from '../support/process/platform-process.ts';
import {
  findProcesses,
  readCommandLine,
  readProcessEnvironment,
} from '../support/process/process-scan.ts';
import { waitUntil } from '../support/wait-until.ts';
import { runGit } from '../support/workspace/git.ts';

// Roles and secrets: each role allows only its actions, and secrets exist only in their own files.

const stage = useStage('access');
const createdTokenSchema = z.object({ id: z.string(), token: z.string() });
const keyFileSchema = z.record(z.string(), z.string());

async function createTokenOfRole(role: string) {
  const result = await stage.platform.cli(
    ['token', 'create', `a ${role}`, '--role', role, '--json'],
    {
      expectedExit: 0,
    },
  );
  return result.json(createdTokenSchema);
}

test('a viewer can read plans but not change them, and a revoked or wrong token gives no access', async () => {
  const { cli, api } = stage.platform;
  const { plan } = await submitGraph(stage, [{ id: 'one' }]);
  const viewer = await createTokenOfRole('viewer');
  const withToken = (token: string) => ({ env: { SMOL_GANG_TOKEN: token } });

  expect((await cli(['status', plan], withToken(viewer.token))).code).toBe(6);
  const refusal = await cli(['plan', 'approve', plan], withToken(viewer.token));
  expect(refusal).toMatchObject({ code: 3, stderr: expect.stringMatching(/operator/) });
  for (const command of [
    ['cancel', plan, '--yes'],
    ['plan', 'reject', plan],
    ['token', 'create', 'more'],
    ['gc', '--yes'],
  ])
    expect((await cli(command, withToken(viewer.token))).code, command.join(' ')).toBe(3);
  const operator = await createTokenOfRole('operator');
  expect((await cli(['user', 'list'], withToken(operator.token))).code).toBe(3);
  await cli(['token', 'revoke', viewer.id, '--yes'], { expectedExit: 0 });
  expect((await cli(['status', plan], withToken(viewer.token))).code).toBe(3);
  expect((await cli(['status', plan], withToken('smol_wrong'))).code).toBe(3);
  expect((await api('GET', `/v1/plans/${plan}`, undefined, 'wrong')).status).toBe(401);
  expect((await api('GET', `/v1/plans/${plan}`, undefined, null)).status).toBe(401);
  expect((await api('GET', '/v1/health', undefined, null)).status).toBe(200);

  await cli(['plan', 'reject', plan], { ...withToken(operator.token), expectedExit: 0 });
});

test('the configured admin signs in by password, and a one-time link works only once', async () => {
  const { cli, workspace, url, output } = stage.platform;
  const createOwnHome = (home: string) => ({
    env: {
      SMOL_GANG_TOKEN: '',
      HOME: join(workspace.path, home),
      XDG_CONFIG_HOME: join(workspace.path, home),
    },
    cwd: '/',
  });

  const login = await cli(['login', url, '--email', ADMIN.email], {
    ...createOwnHome('one'),
    input: `${ADMIN.password}\n`,
    expectedExit: 0,
  });
  const identity = await cli(['whoami'], { ...createOwnHome('one'), expectedExit: 0 });
  const wrongPassword = await cli(['login', url, '--email', ADMIN.email], {
    ...createOwnHome('two'),
    input: 'not the password\n',
  });
  const link = /http[^\s']+#signin=[^\s']+/.exec(output())?.[0] ?? '';
  await cli(['login', link], { ...createOwnHome('three'), expectedExit: 0 });
  const secondUse = await cli(['login', link], createOwnHome('four'));

  expect(login.stdout).toContain(ADMIN.email);
  expect(identity.stdout).toContain('admin');
  expect(wrongPassword.code).toBe(3);
  expect(secondUse.code).toBe(3);
  expect((await cli(['whoami'], { ...createOwnHome('three'), expectedExit: 0 })).stdout).toContain(
    ADMIN.email,
  );
});

/** Lists all files below a folder, except the excluded ones. */
async function listFilesBelow(root: string, excluded: ReadonlySet<string>): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !excluded.has(relative(root, path)));
}

/** Returns the secrets of the platform and the model by name. */
async function readSecrets(): Promise<Record<string, string>> {
  const { model, platform } = stage;
  const { workspace } = platform;
  const keys = keyFileSchema.parse(
    JSON.parse(await readFile(join(workspace.dataDir, 'keys.json'), 'utf8')),
  );
  const { token } = z
    .looseObject({ token: z.string() })
    .parse(JSON.parse(await readFile(join(workspace.dataDir, 'cli.json'), 'utf8')));
  return {
    'model key': model.apiKey,
    'admin password': ADMIN.password,
    'laptop token': token,
    ...keys,
  };
}

const KEY_FILES = new Set(['keys.json', 'cli.json']);

test('secrets appear in no log, process list, commit, answer or other file', async () => {
  const { platform, model, repository } = stage;
  const { workspace } = platform;
  const secrets = await readSecrets();
  const findLeaks = (text: string) =>
    Object.keys(secrets).filter((name) => text.includes(secrets[name]?.trim() ?? 'none'));
  const { plan } = await submitGraph(
    stage,
    [
      {
        id: 'held',
        description: `HOLD secrets\n${renderWriteInstruction('src/held.txt', 'held')}`,
      },
      // The agent of this task collects its environment and the folders around its workspace.
      {
        id: 'nosy',
        description:
          'RUN ["env"]\nRUN ["sh", "-c", "env > src-env.txt; ls -la .. ../.. >> src-env.txt; cat ../../*.json ../../*.log >> src-env.txt; true"]',
        scope: ['src-env.txt'],
      },
    ],
    ['--auto-approve'],
  );
  await waitUntil('an agent works', () => model.isHeld('secrets'), 60_000);
  await waitForTaskStatus(stage, plan, 'nosy', 'merged');

  const running = await findProcesses(workspace.path);
  expect(running.length).toBeGreaterThan(1);
  for (const { pid } of running) {
    expect(findLeaks(await readCommandLine(pid))).toEqual([]);
    const attemptToken = /SMOL_ATTEMPT_TOKEN=([^\0]+)/.exec(await readProcessEnvironment(pid))?.[1];
    if (attemptToken !== undefined) secrets[`token of process ${pid}`] = attemptToken;
  }
  expect(Object.keys(secrets).length).toBeGreaterThan(7);
  model.release('secrets');
  await waitForPlanStatus(platform, plan, 'complete', 120_000);

  for (const file of await listFilesBelow(workspace.dataDir, KEY_FILES))
    expect(findLeaks(await readFile(file, 'latin1').catch(() => '')), file).toEqual([]);
  for (const name of KEY_FILES)
    expect((await stat(join(workspace.dataDir, name))).mode & 0o077, name).toBe(0);
  expect(
    findLeaks(await runGit(repository.path, ['log', '--all', '--patch', '--format=raw'])),
  ).toEqual([]);
  expect(findLeaks(platform.output())).toEqual([]);
  for (const path of [
    `/v1/plans/${plan}`,
    `/v1/plans/${plan}/tasks/nosy/log`,
    `/v1/plans/${plan}/tasks/held/log`,
    `/v1/plans/${plan}/tasks/nosy/history`,
    '/v1/tokens',
    '/v1/system',
    '/v1/users',
  ])
    expect(findLeaks(JSON.stringify((await platform.api('GET', path)).body)), path).toEqual([]);
});

const createBadPlan = (change: object) => ({
  prompt: 'x',
  repositories: [{ name: 'local/access' }],
  ...change,
});
const nestJson = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

const BAD_REQUESTS: readonly (readonly [string, string, unknown, number])[] = [
  ['POST', '/v1/plans', undefined, 400],
  ['POST', '/v1/plans', '', 400],
  ['POST', '/v1/plans', '{"prompt":', 400],
  ['POST', '/v1/plans', '[]', 400],
  ['POST', '/v1/plans', 'null', 400],
  ['POST', '/v1/plans', {}, 400],
  ['POST', '/v1/plans', createBadPlan({ prompt: '' }), 400],
  ['POST', '/v1/plans', createBadPlan({ prompt: 'x'.repeat(2_000_000) }), 400],
  ['POST', '/v1/plans', createBadPlan({ prompt: 7 }), 400],
  ['POST', '/v1/plans', createBadPlan({ repositories: [] }), 400],
  ['POST', '/v1/plans', createBadPlan({ repositories: [{ name: 'x$(id)' }] }), 400],
  ['POST', '/v1/plans', createBadPlan({ repositories: [{ name: '../../etc' }] }), 400],
  [
    'POST',
    '/v1/plans',
    createBadPlan({ repositories: [{ name: 'a/b', base: '--upload-pack=x' }] }),
    400,
  ],
  ['POST', '/v1/plans', createBadPlan({ repositories: [{ name: 'a/b', baseSha: 'HEAD' }] }), 400],
  ['POST', '/v1/plans', createBadPlan({ surprise: true }), 400],
  ['POST', '/v1/plans', createBadPlan({ policy: 'yes' }), 400],
  ['POST', '/v1/plans', createBadPlan({ maxParallel: -1 }), 400],
  ['POST', '/v1/plans', createBadPlan({ budget: { maxUsd: 'free' } }), 400],
  ['POST', '/v1/plans', createBadPlan({ limits: { maxTurns: 1e9 } }), 400],
  ['POST', '/v1/plans', createBadPlan({ graph: [] }), 400],
  ['POST', '/v1/plans', createBadPlan({ graph: [{ id: 'x$(id)', description: 'x' }] }), 400],
  [
    'POST',
    '/v1/plans',
    createBadPlan({ graph: [{ id: 'a', description: 'x', scope: ['/etc'] }] }),
    400,
  ],
  [
    'POST',
    '/v1/plans',
    createBadPlan({ graph: [{ id: 'a', description: 'x', scope: ['a/../..'] }] }),
    400,
  ],
  ['POST', '/v1/plans', nestJson(5_000), 400],
  ['POST', '/v1/plans', `{"prompt":"x","__proto__":{"admin":true}}`, 400],
  ['POST', '/v1/plans', 'x'.repeat(7_000_000), 413],
  ['GET', '/v1/plans?limit=0', undefined, 400],
  ['GET', '/v1/plans?limit=1e9', undefined, 400],
  ['GET', '/v1/plans?status=odd', undefined, 400],
  ['GET', '/v1/plans?cursor=x$(id)', undefined, 400],
  ['GET', '/v1/plans/x$(id)', undefined, 400],
  ['GET', '/v1/plans/..%2f..%2fetc', undefined, 400],
  ['GET', '/v1/plans/p0000000000', undefined, 404],
  ['GET', '/v1/plans/p0000000000/tasks/A', undefined, 400],
  ['POST', '/v1/plans/p0000000000/approve', { revision: 0 }, 400],
  ['POST', '/v1/plans/p0000000000/approve', { revision: 1 }, 404],
  ['POST', '/v1/plans/p0000000000/edits', { revision: 1, edits: [] }, 400],
  ['POST', '/v1/plans/p0000000000/edits', { revision: 1, edits: [{ op: 'drop' }] }, 400],
  ['POST', '/v1/plans/p0000000000/cancel', { reason: 'x'.repeat(5_000) }, 400],
  ['POST', '/v1/repositories', { path: 'relative' }, 400],
  ['POST', '/v1/repositories', { path: '/nowhere/at/all' }, 400],
  ['POST', '/v1/repositories', { path: '/etc', forge: 'gitlab' }, 400],
  ['POST', '/v1/repositories', { name: 'a/b/c' }, 400],
  ['POST', '/v1/tokens', { name: '', role: 'admin' }, 400],
  ['POST', '/v1/tokens', { name: 'x', role: 'root' }, 400],
  ['POST', '/v1/users', { email: 'nobody', password: 'short', role: 'viewer' }, 400],
  ['POST', '/v1/attempts/p0000000000.r1.a.1/result', {}, 401],
  ['POST', '/v1/hooks/github', { zen: 'x' }, 401],
  ['DELETE', '/v1/repositories/x', undefined, 400],
  ['PUT', '/v1/plans', {}, 404],
  ['GET', '/v1/nothing', undefined, 404],
];

test('bad input is refused with a reason and writes nothing', async () => {
  const { api } = stage.platform;
  const readStoredLists = async () => {
    const lists = ['/v1/plans?limit=200', '/v1/repositories', '/v1/tokens', '/v1/users'];
    return Promise.all(lists.map(async (path) => (await api('GET', path)).body));
  };
  const before = await readStoredLists();
  const problems: string[] = [];

  for (const [method, path, body, expectedStatus] of BAD_REQUESTS) {
    const { status, body: answer } = await api(method, path, body);
    const call = `${method} ${path} ${JSON.stringify(body)?.slice(0, 60)}`;
    const parsed = z
      .object({ error: z.object({ code: z.string(), message: z.string().min(5) }) })
      .safeParse(answer);
    if (status !== expectedStatus || !parsed.success)
      problems.push(
        `${call}: ${status} instead of ${expectedStatus}: ${JSON.stringify(answer)?.slice(0, 200)}`,
      );
  }

  expect(problems).toEqual([]);
  expect(await readStoredLists()).toEqual(before);
});
