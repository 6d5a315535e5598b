import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { CannedApi } from '../../support/cli/canned-api.ts';
import { startCannedApi, TOKEN } from '../../support/cli/canned-api.ts';
import { createPlanFixture, PLAN_ID } from '../../support/cli/plan-fixture.ts';
import { runCliInProcess } from '../../support/cli/run-cli-in-process.ts';
import {
  commitFiles,
  initRepository,
  makeTemporaryDirectory,
  runGit,
} from '../../support/workspace/git.ts';

let folder: Awaited<ReturnType<typeof makeTemporaryDirectory>>;
let repository: string;
let head: string;
let api: CannedApi;

beforeAll(async () => {
  folder = await makeTemporaryDirectory('cli-run');
  repository = join(await realpath(folder.path), 'shop');
  await initRepository(repository);
  head = await commitFiles(repository, { 'a.ts': 'one\n', 'src/b.ts': 'two\n' });
});
afterAll(() => folder.remove());

beforeEach(async () => {
  api = await startCannedApi({
    linkRepository: ({ body }) => ({
      id: 'r3k9m2x7abc',
      name: JSON.stringify(body).includes('path') ? 'local/shop' : 'acme/shop',
      forge: 'local',
      url: 'http://127.0.0.1/shop.git',
      defaultBranch: 'main',
      createdAt: 1,
      createdBy: 'ada',
    }),
    listRepositories: () => ({ items: [] }),
    createPlan: () => createPlanFixture({ status: 'planning' }),
  });
});
afterEach(async () => {
  await api.close();
  expect(api.problems).toEqual([]);
});

function runSmolGang(
  args: string[],
  options: { readonly cwd?: string; readonly stdin?: string } = {},
) {
  const env = { SMOL_GANG_URL: api.url, SMOL_GANG_TOKEN: TOKEN };
  return runCliInProcess(args, { cwd: repository, ...options, env });
}

function getCreatedPlan(): Record<string, unknown> {
  const body = api.requests.find((request) => request.route === 'createPlan')?.body;
  if (typeof body !== 'object' || body === null) throw new Error('no plan was created');
  return { ...body };
}

/** Hashes the name, bytes and modification time of every file of a repository, including the index of git. */
function hashRepository(path: string): string {
  const hash = createHash('sha256');
  for (const entry of readdirSync(path, { recursive: true, withFileTypes: true }).toSorted((a, b) =>
    join(a.parentPath, a.name).localeCompare(join(b.parentPath, b.name)),
  )) {
    const file = join(entry.parentPath, entry.name);
    hash.update(file);
    if (entry.isFile()) hash.update(readFileSync(file)).update(String(statSync(file).mtimeMs));
  }
  return hash.digest('hex');
}

test('run starts from the current branch at HEAD and prints how to follow the plan', async () => {
  const run = await runSmolGang(['run', '--prompt', 'add limits'], {
    cwd: join(repository, 'src'),
  });

  expect(run).toMatchObject({ code: 0, err: '' });
  expect(run.out).toContain(`smol-gang status ${PLAN_ID} --watch`);
  expect(api.requests.map((request) => request.route)).toEqual(['linkRepository', 'createPlan']);
  expect(api.requests[0]?.body).toMatchObject({ path: repository });
  expect(getCreatedPlan()).toMatchObject({
    prompt: 'add limits',
    repositories: [{ name: 'local/shop', base: 'main', baseSha: head }],
    complexity: 'auto',
    policy: 'auto',
    autoApprove: false,
  });
  expect(api.requests[1]?.headers['idempotency-key']).toMatch(/^[0-9a-f-]{36}$/);
});

test('run sends its options to the API', async () => {
  const options = ['--title', 'T', '--complex', '--auto-approve', '--policy', 'review'];
  const limits = ['--max-parallel', '3', '--max-usd', '2.5', '--max-tokens', '100000'];

  await runSmolGang(['run', '--prompt', 'x', ...options, ...limits, '--agent', 'small']);

  expect(getCreatedPlan()).toMatchObject({
    title: 'T',
    complexity: 'complex',
    autoApprove: true,
    policy: 'review',
    maxParallel: 3,
    budget: { maxUsd: 2.5, maxTokens: 100_000 },
    agent: 'small',
  });
});

test('--prompt - reads the prompt from stdin', async () => {
  await runSmolGang(['run', '--prompt', '-', '--simple'], { stdin: 'do this\nand that\n' });

  expect(getCreatedPlan()).toMatchObject({ prompt: 'do this\nand that\n', complexity: 'simple' });
});

test('run --json prints a single document', async () => {
  const run = await runSmolGang(['run', '--prompt', 'x', '--json']);

  expect(JSON.parse(run.out)).toMatchObject({ plan: { id: PLAN_ID } });
});

test('run links a repository on GitHub that is not linked yet', async () => {
  await runSmolGang(['run', '--prompt', 'x', '--github', 'acme/shop', '--base', 'next']);

  expect(api.requests.map((request) => request.route)).toEqual([
    'listRepositories',
    'linkRepository',
    'createPlan',
  ]);
  expect(getCreatedPlan()).toMatchObject({ repositories: [{ name: 'acme/shop', base: 'next' }] });
});

describe('a graph file', () => {
  test('starts a plan without a prompt', async () => {
    const path = join(folder.path, 'graph.yaml');
    await writeFile(
      path,
      'title: Two\ntasks:\n  - {id: a, description: x}\n  - {id: b, description: y, dependsOn: [a]}\n',
    );

    const run = await runSmolGang(['run', '--plan', path]);

    expect(run.code).toBe(0);
    expect(getCreatedPlan()).toMatchObject({
      title: 'Two',
      prompt: '',
      graph: [{ id: 'a' }, { id: 'b' }],
    });
  });

  test('with a mistake is rejected with the line of the mistake before a request is sent', async () => {
    const path = join(folder.path, 'bad.yaml');
    await writeFile(path, '- id: a\n  description: x\n  tier: huge\n');

    const run = await runSmolGang(['run', '--plan', path]);

    expect(run.code).toBe(2);
    expect(run.err).toContain(`${path}:3:3: 0.tier:`);
    expect(api.requests).toEqual([]);
  });
});

describe('the local repository of run', () => {
  test('does not change in any byte, and its uncommitted files are listed', async () => {
    const dirty = join(folder.path, 'dirty');
    await initRepository(dirty);
    const files = Object.fromEntries(Array.from({ length: 7 }, (_, n) => [`f${n}.ts`, 'old\n']));
    await commitFiles(dirty, files);
    for (const name of Object.keys(files)) await writeFile(join(dirty, name), 'changed\n');
    await writeFile(join(dirty, 'new file.ts'), 'new\n');
    await runGit(dirty, ['add', 'f0.ts']);
    // The file has its old content and a new modification time, so a plain `git status` would rewrite the index.
    await writeFile(join(dirty, 'f1.ts'), 'old\n');
    const before = hashRepository(dirty);

    const run = await runSmolGang(['run', '--prompt', 'x'], { cwd: dirty });

    expect(run.code).toBe(0);
    expect(run.err).toContain('7 uncommitted files of');
    expect(run.err).toMatch(/dirty: f0\.ts, f2\.ts, .* and 2 more/);
    expect(hashRepository(dirty)).toBe(before);
  });

  test('needs --base if HEAD is detached', async () => {
    const detached = join(folder.path, 'detached');
    await initRepository(detached);
    const firstCommit = await commitFiles(detached, { a: '1' });
    await commitFiles(detached, { a: '2' });
    await runGit(detached, ['checkout', '--quiet', '--detach', firstCommit]);

    const withoutBase = await runSmolGang(['run', '--prompt', 'x'], { cwd: detached });
    const withBase = await runSmolGang(['run', '--prompt', 'x', '--base', 'main'], {
      cwd: detached,
    });

    expect(withoutBase.code).toBe(2);
    expect(withoutBase.err).toMatch(/HEAD of .* is detached[\s\S]*--base/);
    expect(withBase.code).toBe(0);
    expect(getCreatedPlan()).toMatchObject({
      repositories: [{ base: 'main', baseSha: await runGit(detached, ['rev-parse', 'main']) }],
    });
  });

  test('must exist, contain a commit and the base branch, and be named once', async () => {
    const empty = join(folder.path, 'empty');
    await initRepository(empty);

    const outside = await runSmolGang(['run', '--prompt', 'x'], { cwd: folder.path });
    const withoutCommit = await runSmolGang(['run', '--prompt', 'x'], { cwd: empty });
    const unknownBranch = await runSmolGang(['run', '--prompt', 'x', '--base', 'nope']);
    const namedTwice = await runSmolGang([
      'run',
      '--prompt',
      'x',
      '--repo',
      '.',
      '--repo',
      repository,
    ]);

    expect(outside.err).toContain('is not inside a git work tree');
    expect(withoutCommit.err).toContain('has no commit yet');
    expect(unknownBranch.err).toContain('has no branch "nope"');
    expect(namedTwice.err).toContain('is named twice');
    expect([outside, withoutCommit, unknownBranch, namedTwice].map((run) => run.code)).toEqual([
      2, 2, 2, 2,
    ]);
    expect(api.requests).toEqual([]);
  });

  test('cannot make git start a program of its configuration', async () => {
    const hostile = join(folder.path, 'hostile');
    await initRepository(hostile);
    await commitFiles(hostile, { a: '1' });
    const markerPath = join(folder.path, 'was-run');
    await writeFile(join(folder.path, 'monitor.sh'), `#!/bin/sh\ntouch ${markerPath}\n`, {
      mode: 0o755,
    });
    await runGit(hostile, ['config', 'core.fsmonitor', join(folder.path, 'monitor.sh')]);

    const run = await runSmolGang(['run', '--prompt', 'x'], { cwd: hostile });

    expect(run.code).toBe(0);
    expect(readdirSync(folder.path)).not.toContain('was-run');
  });
});

test.each([
  [['run'], 'the work to do is missing'],
  [['run', '--prompt', '  '], 'the prompt is missing'],
  [['run', '--prompt', 'x', '--prompt-file', 'y'], 'not both'],
  [['run', '--prompt', 'x', '--simple', '--complex'], 'exclude each other'],
  [['run', '--prompt', 'x', '--policy', 'yolo'], 'one of auto, review'],
  [['run', '--prompt', 'x', '--max-usd', '-1'], '--max-usd takes a number'],
  [['run', '--prompt-file', '/nonexistent'], 'cannot be read'],
  [['runn'], 'did you mean `run`?'],
])('the arguments %j are rejected before a request is sent', async (args, message) => {
  const run = await runSmolGang(args);

  expect(run.code).toBe(2);
  expect(run.err).toContain(message);
  expect(run.out).toBe('');
  expect(api.requests).toEqual([]);
});

test('the command runs as a program and returns its exit code', () => {
  const bin = join(import.meta.dirname, '../../../cli/bin.mjs');
  const env = { PATH: process.env.PATH, HOME: folder.path, SMOL_GANG_URL: api.url };
  const start = (...args: string[]) =>
    execFileSync(process.execPath, [bin, ...args], { env, encoding: 'utf8', stdio: 'pipe' });

  expect(start('help')).toContain('start a plan from a prompt or a graph of tasks');
  expect(() => start('nonsense')).toThrow(expect.objectContaining({ status: 2 }));
});
