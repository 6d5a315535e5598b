import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CannedApi } from '../../support/cli/canned-api.ts';
import { ApiRefusal, startCannedApi, TOKEN } from '../../support/cli/canned-api.ts';
import { createCannedRoutes, GRAPH } from '../../support/cli/canned-routes.ts';
import { APPROVAL, createPlanFixture, NOW, PLAN_ID } from '../../support/cli/plan-fixture.ts';
import { runCliInProcess } from '../../support/cli/run-cli-in-process.ts';
import { makeTemporaryDirectory } from '../../support/workspace/git.ts';

let api: CannedApi;

beforeEach(async () => {
  api = await startCannedApi(createCannedRoutes());
});
afterEach(async () => {
  await api.close();
  expect(api.problems).toEqual([]);
});

function runSmolGang(args: string[], options: Parameters<typeof runCliInProcess>[1] = {}) {
  const env = { SMOL_GANG_URL: api.url, SMOL_GANG_TOKEN: TOKEN };
  return runCliInProcess(args, { env, now: () => NOW, ...options });
}

function getLastBody(): unknown {
  return api.requests.at(-1)?.body;
}

describe('plan edits', () => {
  function getSentEdits(): unknown {
    return api.requests.find((request) => request.route === 'editPlan')?.body;
  }

  test.each([
    [
      ['edit', PLAN_ID, 'document', '--title', 'Docs', '--tier', 'light'],
      { op: 'change_task', task: 'document', title: 'Docs', tier: 'light' },
    ],
    [
      ['add-task', PLAN_ID, 'extra', '--description', 'more', '--after', 'add-store'],
      { op: 'add_task', task: expect.objectContaining({ id: 'extra', dependsOn: ['add-store'] }) },
    ],
    [['remove-task', PLAN_ID, 'document'], { op: 'remove_task', task: 'document' }],
    [
      ['add-dep', PLAN_ID, 'document', 'add-store'],
      { op: 'add_edge', from: 'add-store', to: 'document' },
    ],
    [
      ['remove-dep', PLAN_ID, 'document', 'add-routes'],
      { op: 'remove_edge', from: 'add-routes', to: 'document' },
    ],
    [
      ['split', PLAN_ID, 'add-store', '--part', 'a=first', '--part', 'b=second'],
      {
        op: 'split_task',
        task: 'add-store',
        into: [
          expect.objectContaining({ id: 'a', scope: ['src/store/'], estimate: 5 }),
          expect.objectContaining({ id: 'b', description: 'second' }),
        ],
      },
    ],
    [
      ['merge', PLAN_ID, 'add-routes', 'document', '--id', 'both'],
      {
        op: 'merge_tasks',
        tasks: ['add-routes', 'document'],
        into: expect.objectContaining({ id: 'both', dependsOn: ['add-store'] }),
      },
    ],
  ])('the arguments %j send one edit', async (args, edit) => {
    const run = await runSmolGang(['plan', ...args, '--note', 'why']);

    expect(run).toMatchObject({ code: 0, err: '' });
    expect(getSentEdits()).toEqual({ revision: 3, edits: [edit], note: 'why' });
    expect(run.out).toContain('revision 4');
  });

  test('the edits of a file are sent as one revision', async () => {
    const folder = await makeTemporaryDirectory('cli-edits');
    const file = join(folder.path, 'edits.yaml');
    await writeFile(
      file,
      '- {op: remove_task, task: document}\n- {op: add_edge, from: a, to: b}\n',
    );

    const run = await runSmolGang(['plan', 'edit', PLAN_ID, '--file', file]);

    await folder.remove();
    expect(run.code).toBe(0);
    expect(getSentEdits()).toMatchObject({
      revision: 3,
      edits: [{ op: 'remove_task' }, { op: 'add_edge' }],
    });
  });

  test('a conflict with a newer revision is printed as text, and with --json as JSON', async () => {
    api.answers.editPlan = () => {
      const details = { revision: 5, by: 'grace@example.com' };
      throw new ApiRefusal(409, 'revision_moved', 'revision 3 is not the newest: grace made 5', {
        details,
      });
    };

    const run = await runSmolGang(['plan', 'remove-task', PLAN_ID, 'document', '--json']);

    expect(run.code).toBe(5);
    expect(run.err).toContain('grace made 5');
    expect(JSON.parse(run.out)).toMatchObject({
      error: { code: 'revision_moved', details: { revision: 5 } },
    });
  });

  test('an unknown task is reported before an edit is sent', async () => {
    const run = await runSmolGang(['plan', 'remove-task', PLAN_ID, 'documnet']);

    expect(run.code).toBe(2);
    expect(run.err).toContain('its tasks are add-store, add-routes, document');
    expect(getSentEdits()).toBeUndefined();
  });

  test('the editor opens the graph, and its changes become edits', async () => {
    const folder = await makeTemporaryDirectory('cli-editor');
    const editor = join(folder.path, 'editor.sh');
    await writeFile(editor, '#!/bin/sh\nsed -i "s/title: Do document/title: Docs/" "$1"\n', {
      mode: 0o755,
    });
    const env = { SMOL_GANG_URL: api.url, SMOL_GANG_TOKEN: TOKEN, EDITOR: editor };

    const run = await runSmolGang(['plan', 'edit', PLAN_ID], {
      env: { PATH: process.env.PATH, ...env },
      typed: [],
    });

    await folder.remove();
    expect(run.code).toBe(0);
    expect(getSentEdits()).toEqual({
      revision: 3,
      edits: [{ op: 'change_task', task: 'document', title: 'Docs' }],
    });
  });
});

describe('plan commands', () => {
  test('plan approve approves the newest revision', async () => {
    await runSmolGang(['plan', 'approve', PLAN_ID]);

    expect(getLastBody()).toEqual({ revision: 3 });
  });

  test('plan base asks for exactly one decision', async () => {
    for (const decisions of [[], ['--continue', '--verify-again']]) {
      const run = await runSmolGang(['plan', 'base', PLAN_ID, ...decisions]);

      expect(run.code).toBe(2);
      expect(run.err).toContain('give either --continue or --verify-again');
    }
    expect(api.requests).toEqual([]);
  });

  test.each([
    [['plan', 'reject', PLAN_ID, '--reason', 'no'], 'rejectPlan', { reason: 'no' }],
    [['cancel', PLAN_ID, '--yes'], 'cancelPlan', { reason: '' }],
    [['plan', 'close', PLAN_ID, '--reason', 'r', '-y'], 'closePlan', { reason: 'r' }],
    [['plan', 'restart', PLAN_ID], 'restartPlan', { run: 1, base: 'same', closeReady: false }],
    [
      ['plan', 'retarget', PLAN_ID, '--base', 'trunk'],
      'retargetPlan',
      { repo: 'acme/shop', base: 'trunk' },
    ],
    [['plan', 'base', PLAN_ID, '--continue'], 'decideBase', { decision: 'continue' }],
    [['plan', 'base', PLAN_ID, '--verify-again'], 'decideBase', { decision: 'verify_again' }],
    [['recover', PLAN_ID], 'recoverPlan', undefined],
    [['cancel', 'last', '--yes'], 'cancelPlan', { reason: '' }],
  ])('the arguments %j call the route %s', async (args, route, body) => {
    const run = await runSmolGang(args);

    expect(run.code).toBe(0);
    expect(api.requests.at(-1)?.route).toBe(route);
    expect(getLastBody()).toEqual(body);
  });

  test('the argument last selects the plan that was created last, although other plans changed later', async () => {
    const create = (id: string, createdAt: number, changedAt: number) =>
      createPlanFixture({ id, createdAt, changedAt });
    const pages = [
      [create('paaaaaaaaa1', 100, 900), create('paaaaaaaaa2', 200, 800)],
      [create('paaaaaaaaa3', 700, 750), create('paaaaaaaaa4', 300, 600)],
      [create('paaaaaaaaa5', 500, 500)],
    ];
    api.answers.listPlans = ({ query }) => {
      const page = Number(query.cursor ?? 0);
      return { items: pages[page] ?? [], next: page < 2 ? String(page + 1) : undefined };
    };

    await runSmolGang(['cancel', 'last', '--yes']);

    expect(api.requests.at(-1)?.params).toEqual({ plan: 'paaaaaaaaa3' });
    expect(api.requests.filter(({ route }) => route === 'listPlans')).toHaveLength(2);
  });

  test('plan show prints scopes and forecast, and with --yaml a graph file without default values', async () => {
    const shown = await runSmolGang(['plan', 'show', PLAN_ID]);
    const yaml = await runSmolGang(['plan', 'show', PLAN_ID, '--yaml']);

    expect(shown.out).toContain('src/store/');
    expect(shown.out).toMatch(/forecast +3 tasks/);
    expect(yaml.out).toContain('tasks:\n  - id: add-store\n');
    expect(yaml.out).not.toContain('tier');
  });

  test('plan diff prints the edits between two revisions', async () => {
    const run = await runSmolGang(['plan', 'diff', PLAN_ID]);

    expect(run.out).toContain('revision 2 → 3');
    expect(run.out).toContain('+ document  Do document after add-routes');
  });
});

test('plan diff of a plan with a single revision says that there is nothing to compare', async () => {
  api.answers.getGraph = () => ({ ...GRAPH, revision: 1 });

  const run = await runSmolGang(['plan', 'diff', PLAN_ID]);

  expect(run.out).toContain('nothing to compare');
});

test.each([
  [['plan', 'budget', PLAN_ID], 'the new budget is missing'],
  [['status', PLAN_ID, '--wach'], 'did you mean --watch?'],
  [['task', 'nonsense'], '`smol-gang help task` lists the commands'],
  [['plan', 'diff', PLAN_ID, 'one'], 'FROM takes a whole number'],
])('the arguments %j are rejected with the message %j', async (args, message) => {
  const run = await runSmolGang(args);

  expect(run.code).toBe(2);
  expect(run.err).toContain(message);
  expect(api.requests).toEqual([]);
});

describe('status', () => {
  test('without a plan prints running agents, pauses and the commands of waiting plans', async () => {
    api.answers.getPlan = () =>
      createPlanFixture({ status: 'pending_approval', waiting: [APPROVAL] });

    const run = await runSmolGang(['status']);

    expect(run.code).toBe(0);
    expect(run.out).toContain('1 of 4 agents running');
    expect(run.out).toContain('! the model is paused: quota; continues in 1m');
    expect(run.out).toContain(`    smol-gang plan approve ${PLAN_ID}`);
  });

  test('with a plan exits with the code for the state of the plan', async () => {
    api.answers.getPlan = () => createPlanFixture({ halted: true });

    const run = await runSmolGang(['status', PLAN_ID, '--json']);

    expect(run.code).toBe(1);
    expect(JSON.parse(run.out)).toMatchObject({
      plan: { halted: true },
      tasks: [{ id: 'add-store' }],
    });
  });

  test('exits with 4 for an unknown plan and with 2 for a malformed id', async () => {
    api.answers.getPlan = () => {
      throw new ApiRefusal(404, 'not_found', `there is no plan ${PLAN_ID}`);
    };

    expect((await runSmolGang(['status', PLAN_ID])).code).toBe(4);
    expect((await runSmolGang(['status', 'p1; rm -rf'])).code).toBe(2);
  });
});

test('status --json has the notices beside the plan, and in the plan with their text as message', async () => {
  const notice = {
    kind: 'blocked' as const,
    plan: PLAN_ID,
    at: NOW,
    text: 'The task is blocked.',
    id: 'n1',
    run: 1,
    version: 2,
    title: 'Blocked',
    details: {},
  };
  api.answers.listPlanNotices = () => ({ items: [notice] });

  const { plan, notices } = JSON.parse((await runSmolGang(['status', PLAN_ID, '--json'])).out);

  expect(notices).toMatchObject([{ text: notice.text }]);
  expect(plan.notices).toMatchObject([{ text: notice.text, message: notice.text }]);
});

describe('system commands', () => {
  test('doctor prints advice and fails if a check fails', async () => {
    api.answers.doctor = () => ({
      checks: [
        {
          name: 'model',
          state: 'failed',
          message: 'the key is refused',
          advice: 'set MODEL_API_KEY',
        },
        { name: 'git', state: 'ok', message: '2.47' },
      ],
    });

    const run = await runSmolGang(['doctor']);

    expect(run.code).toBe(1);
    expect(run.out).toMatch(/✗ model +the key is refused\n +→ set MODEL_API_KEY\n✓ git/);
  });

  test('gc --dry-run lists the data to delete', async () => {
    api.answers.collectGarbage = () => ({
      removed: [{ what: 'branches', count: 3, bytes: 2_000 }],
    });

    const run = await runSmolGang(['gc', '--dry-run']);

    expect(getLastBody()).toEqual({ dryRun: true });
    expect(run.out).toMatch(/would be removed[\s\S]*branches +3 +2 kB/);
  });

  test('recover without a plan recovers every active plan', async () => {
    api.answers.listPlans = ({ query }) => ({
      items: query.status === 'active' ? [createPlanFixture()] : [],
    });

    await runSmolGang(['recover']);

    expect(api.requests.filter((request) => request.route === 'recoverPlan')).toHaveLength(1);
  });
});

test('an error with --json is the only document on stdout and also printed on stderr', async () => {
  const run = await runSmolGang(['plan', 'approve', '--json']);

  expect(run.code).toBe(2);
  expect(JSON.parse(run.out)).toMatchObject({ error: { code: 'usage', exitCode: 2 } });
  expect(run.err).toContain('usage: smol-gang plan approve PLAN');
});

test('help works before, after and instead of a command', async () => {
  const [everyCommand, group, command, sameCommand] = await Promise.all([
    runSmolGang([]),
    runSmolGang(['plan']),
    runSmolGang(['plan', 'edit', '--help']),
    runSmolGang(['help', 'plan', 'edit']),
  ]);

  expect(everyCommand.out).toContain('Exit codes');
  expect(group.out).toContain('plan merge');
  expect(command.out).toContain('--description-file FILE');
  expect(sameCommand.out).toBe(command.out);
});
