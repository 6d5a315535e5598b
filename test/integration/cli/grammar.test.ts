import { execFile } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import manifest from '../../../package.json' with { type: 'json' };
import type { CannedApi } from '../../support/cli/canned-api.ts';
import { startCannedApi, TOKEN } from '../../support/cli/canned-api.ts';
import { BLOCKED_TASK, createCannedRoutes } from '../../support/cli/canned-routes.ts';
import {
  APPROVAL,
  createPlanFixture,
  createTaskFixture,
  NOW,
  PLAN_ID,
} from '../../support/cli/plan-fixture.ts';
import type { CliOptions } from '../../support/cli/run-cli-in-process.ts';
import { runCliInProcess } from '../../support/cli/run-cli-in-process.ts';
import { makeTemporaryDirectory } from '../../support/workspace/git.ts';

const LONG_TITLE = 'A title that is much longer than a terminal is wide. '.repeat(4).trim();
const REPOSITORY = {
  id: 'r1234567890',
  name: 'acme/shop',
  forge: 'github' as const,
  url: 'https://github.com/acme/shop',
  defaultBranch: 'main',
  createdAt: NOW,
  createdBy: 'ada@example.com',
};

let api: CannedApi;

beforeEach(async () => {
  api = await startCannedApi({
    ...createCannedRoutes(),
    me: () => ({ email: 'ada@example.com', role: 'admin' }),
    createPlan: () => createPlanFixture(),
    linkRepository: () => REPOSITORY,
    listRepositories: () => ({ items: [REPOSITORY] }),
  });
});
afterEach(async () => {
  await api.close();
  expect(api.problems).toEqual([]);
});

function runSmolGang(args: readonly string[], options: CliOptions = {}) {
  const env = { SMOL_GANG_URL: api.url, SMOL_GANG_TOKEN: TOKEN, ...options.env };
  return runCliInProcess(args, { now: () => NOW, ...options, env });
}

describe('words and options', () => {
  test.each([['--version'], ['-V'], ['version']])('%s prints the version', async (word) => {
    expect(await runSmolGang([word])).toMatchObject({
      code: 0,
      out: `smol-gang ${manifest.version}\n`,
    });
  });

  test.each([
    [['--json', 'plan', 'list']],
    [['plan', '--json', 'list']],
    [['plan', 'list', '--json']],
    [['--verbose', 'plan', '-v', 'list', '--json']],
    [['--color', 'never', 'plan', 'list', '--json']],
    [['ls', '--json']],
  ])('the arguments %j list the plans as JSON', async (args) => {
    const run = await runSmolGang(args);

    expect(run.code).toBe(0);
    expect(JSON.parse(run.out).items).toHaveLength(1);
  });

  test('--url before the command selects the platform', async () => {
    const run = await runSmolGang(['--url', api.url, 'whoami', '--verbose'], {
      env: { SMOL_GANG_URL: 'http://127.0.0.1:1' },
    });

    expect(run).toMatchObject({ code: 0, err: expect.stringContaining('from --url') });
  });

  test('run takes the prompt as an argument, and rejects two prompts', async () => {
    const folder = await makeTemporaryDirectory('grammar');
    const args = ['--github', 'acme/shop'];
    const cwd = folder.path;

    await runSmolGang(['run', 'do x', ...args], { cwd });
    const twice = await runSmolGang(['run', 'do x', '--prompt', 'do y', ...args], { cwd });

    expect(api.requests.at(-1)).toMatchObject({ route: 'createPlan', body: { prompt: 'do x' } });
    expect(twice).toMatchObject({ code: 2, err: expect.stringContaining('give the prompt once') });
    await folder.remove();
  });

  test('help of a group lists only its commands', async () => {
    const { out } = await runSmolGang(['task', '--help']);

    expect(out).toContain('task logs');
    expect(out).not.toMatch(/plan show|Exit codes|--verbose/);
  });

  test('open prints the page of the pull request, and opens a browser only at a terminal', async () => {
    const pull = {
      repo: 'acme/shop',
      base: 'main',
      branch: 'b',
      ready: true,
      state: 'open' as const,
      url: 'http://127.0.0.1:3001/acme/shop/pull/4',
    };
    api.answers.getPlan = () => createPlanFixture({ pulls: [pull] });

    const piped = await runSmolGang(['open', PLAN_ID]);
    const atTerminal = await runSmolGang(['open', PLAN_ID], { typed: [] });

    expect(piped).toMatchObject({ code: 0, out: `${pull.url}\n`, openedUrls: [] });
    expect(atTerminal.openedUrls).toEqual([pull.url]);
    expect((await runSmolGang(['open', PLAN_ID, 'add-store'])).code).toBe(4);
  });

  test('config shows the URL and the credential with their sources, but no secret', async () => {
    const { out } = await runSmolGang(['config']);

    expect(out).toContain(`url\t${api.url}\tSMOL_GANG_URL`);
    expect(out).toContain('credential\ttoken\tSMOL_GANG_TOKEN');
    expect(out).not.toContain(TOKEN);
  });
});

describe('output', () => {
  test('piped lists have a whole line for each item with tabs, and a terminal gets headings and short lines', async () => {
    const plan = createPlanFixture({ title: LONG_TITLE, waiting: [APPROVAL] });
    api.answers.listPlans = () => ({ items: [plan] });

    const piped = await runSmolGang(['plan', 'list']);
    const atTerminal = await runSmolGang(['plan', 'list'], { typed: [] });

    expect(piped.out.trimEnd().split('\n')).toHaveLength(1);
    expect(piped.out.split('\t').slice(0, 3)).toEqual([PLAN_ID, LONG_TITLE, 'active']);
    expect(atTerminal.out).toMatch(/^plan +title +status/);
    expect(atTerminal.out).toContain('…');
    expect(atTerminal.out).toContain(`smol-gang plan approve ${PLAN_ID}`);
  });

  test('piped status does not cut titles', async () => {
    api.answers.listTasks = () => ({ items: [createTaskFixture({ id: 'a', title: LONG_TITLE })] });

    const piped = await runSmolGang(['status', PLAN_ID]);

    expect(piped.out).toContain(LONG_TITLE);
    expect(piped.out).not.toContain('…');
  });

  test('task list has a line for each task, and --status selects', async () => {
    api.answers.listTasks = () => ({ items: [createTaskFixture({ id: 'a' }), BLOCKED_TASK] });

    const all = await runSmolGang(['task', 'list', PLAN_ID]);
    const blocked = await runSmolGang(['task', 'list', PLAN_ID, '--status', 'blocked']);

    expect(all.out.trimEnd().split('\n')).toHaveLength(2);
    expect(blocked.out).toMatch(/^[^\t]+\tadd-store\tDo add-store\tblocked\t/);
  });

  test('status --watch without a plan updates the overview until Ctrl-C, and needs a terminal', async () => {
    const watched = await runSmolGang(['status', '--watch'], {
      typed: [],
      interruptAt: /Rate limits for the API/,
    });
    const piped = await runSmolGang(['status', '--watch']);

    expect(watched.code).toBe(130);
    expect(watched.out).toContain(PLAN_ID);
    expect(piped).toMatchObject({ code: 2, err: expect.stringContaining('needs a terminal') });
  });

  test('the table of tasks has headings', async () => {
    expect((await runSmolGang(['status', PLAN_ID], { typed: [] })).out).toMatch(
      /task +title +state/,
    );
  });

  test('a terminal that reports 0 columns gets lines of usual width', async () => {
    const { out } = await runSmolGang(['status', PLAN_ID], { typed: [], columns: 0 });

    expect(out).toContain('Rate limits for the API');
  });

  test.each([
    [[], {}, false],
    [[], { FORCE_COLOR: '1' }, true],
    [[], { FORCE_COLOR: '0' }, false],
    [[], { CLICOLOR_FORCE: '1' }, true],
    [[], { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
    [['--color', 'always'], { NO_COLOR: '1' }, true],
    [['--color=never'], { FORCE_COLOR: '1' }, false],
  ])('the options %j with %j give colours: %s', async (options, variables, hasColour) => {
    const env = { NO_COLOR: '', ...variables };
    const { out } = await runSmolGang(['status', PLAN_ID, ...options], { env });

    expect(out.includes('\u001b[')).toBe(hasColour);
  });

  test('an unknown value of --color is a usage error', async () => {
    expect(await runSmolGang(['whoami', '--color', 'red'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('--color takes one of auto, always, never'),
    });
  });
});

describe('logs of a whole plan', () => {
  beforeEach(() => {
    const createTask = (id: string) => createTaskFixture({ id, attempt: 1, status: 'merged' });
    api.answers.listTasks = () => ({ items: [createTask('a'), createTask('b')] });
    api.answers.taskLog = ({ query, params }) => ({
      items: query.after === 0 ? [{ attempt: 1, n: 1, entries: createEntries(params.task) }] : [],
    });
  });

  function createEntries(task: unknown) {
    const offset = task === 'a' ? 0 : 1_000;
    return [60_000, 30_000].map((age) => ({
      at: NOW - age + offset,
      kind: 'agent' as const,
      text: `${task} ${age}`,
    }));
  }

  test.each([
    [[], ['a 60000', 'b 60000', 'a 30000', 'b 30000']],
    [
      ['--since', '40s'],
      ['a 30000', 'b 30000'],
    ],
    [['--tail', '1'], ['b 30000']],
    [['--tail', '0'], []],
    [
      ['--since', '1m', '--tail', '2'],
      ['a 30000', 'b 30000'],
    ],
  ])('with %j prints the entries %j in the order of time', async (options, texts) => {
    const run = await runSmolGang(['logs', PLAN_ID, '--json', ...options]);

    const { items } = JSON.parse(run.out);
    expect(items.map(({ text }: { readonly text: string }) => text)).toEqual(texts);
  });

  test('each line starts with its task', async () => {
    const { out } = await runSmolGang(['task', 'logs', PLAN_ID]);

    expect(out.split('\n').map((line) => line[0])).toEqual(['a', 'b', 'a', 'b', undefined]);
  });

  test('--follow prints every entry once and ends with the plan', async () => {
    api.answers.getPlan = () => createPlanFixture({ status: 'complete', finishedAt: NOW });

    const run = await runSmolGang(['task', 'logs', PLAN_ID, '--follow', '--tail', '3']);

    expect(run.code).toBe(0);
    expect(run.out.match(/[ab] \d+/g)).toEqual(['b 60000', 'a 30000', 'b 30000']);
  });

  test('rejects --attempt and a wrong --since', async () => {
    expect((await runSmolGang(['task', 'logs', PLAN_ID, '--attempt', '1'])).code).toBe(2);
    expect((await runSmolGang(['task', 'logs', PLAN_ID, '--since', 'noon'])).code).toBe(2);
  });
});

describe('completion', () => {
  test.each([
    [['pl'], ['plan']],
    [
      ['plan', 'res'],
      ['result', 'restart'],
    ],
    [['--json', 'plan', 'restart', '--ba'], ['--base']],
    [
      ['plan', 'restart', '--base', ''],
      ['same', 'current'],
    ],
    [
      ['status', ''],
      [PLAN_ID, 'last'],
    ],
    [['task', 'show', PLAN_ID, ''], ['add-store']],
    [['task', 'show', PLAN_ID, 'add-store', ''], []],
    [['logs', 'la'], ['last']],
    [['log'], ['login', 'logout', 'logs']],
    [['plan', 'can'], ['cancel']],
    [['he'], ['help']],
    [['nonsense', ''], []],
  ])('the words %j are completed by %j', async (words, expected) => {
    const { out } = await runSmolGang(['__complete', ...words]);

    const candidates = out.split('\n').filter((line) => line !== '');
    expect(candidates.map((line) => line.split('\t')[0])).toEqual(expected);
  });

  test('completion offers no ids if smol-gang does not answer', async () => {
    const env = { SMOL_GANG_URL: 'http://127.0.0.1:1' };

    expect(await runSmolGang(['__complete', 'status', ''], { env })).toMatchObject({
      code: 0,
      out: '',
    });
  });

  test.each(['bash', 'zsh', 'fish'])('prints a script for %s', async (shell) => {
    const run = await runSmolGang(['completion', shell]);

    expect(run.out).toContain('smol-gang __complete');
    expect((await runSmolGang(['completion', 'tcsh'])).code).toBe(2);
  });

  test('the script for bash completes in bash', async () => {
    const folder = await makeTemporaryDirectory('completion');
    const { out: script } = await runSmolGang(['completion', 'bash']);
    // Stands for the command: prints its arguments as candidates.
    await writeFile(
      join(folder.path, 'smol-gang'),
      '#!/bin/sh\nfor arg; do printf "%s\\tabout\\n" "<$arg>"; done\n',
    );
    await chmod(join(folder.path, 'smol-gang'), 0o755);
    const use =
      'COMP_WORDS=(smol-gang plan "sh"); COMP_CWORD=2; _smol_gang; for word in "$' +
      '{COMPREPLY[@]}"; do echo "$word"; done';

    const { stdout } = await promisify(execFile)('bash', ['-c', `${script}\n${use}`], {
      env: { PATH: `${folder.path}:${process.env.PATH}` },
    });

    expect(stdout).toBe('<__complete>\n<plan>\n<sh>\n');
    await folder.remove();
  });
});
