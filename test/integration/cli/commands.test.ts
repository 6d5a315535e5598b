import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CannedApi } from '../../support/cli/canned-api.ts';
import { ApiRefusal, startCannedApi, TOKEN } from '../../support/cli/canned-api.ts';
import { createCannedRoutes } from '../../support/cli/canned-routes.ts';
import { APPROVAL, createPlanFixture, NOW, PLAN_ID } from '../../support/cli/plan-fixture.ts';
import { runCliInProcess } from '../../support/cli/run-cli-in-process.ts';
import { makeTemporaryDirectory } from '../../support/workspace/git.ts';

const _COMMIT = 'c'.repeat(40);

let api: CannedApi;

beforeEach(async () => {
  api = await startCannedApi(createCannedRoutes());
});
afterEach(async () => {
  await api.close();
  expect(api.problems).toEqual([]);
});

function runSmolGang(args: string[], more: Parameters<typeof runCliInProcess>[1] = {}) {
  const env = { SMOL_GANG_URL: api.url, SMOL_GANG_TOKEN: TOKEN };
  return runCliInProcess(args, { env, now: () => NOW, ...more });
}

function getLastBody(): unknown {
  return api.requests.at(-1)?.body;
}

describe('plan edits', () => {
  function sent(): unknown {
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
  ])('plan %j', async (args, edit) => {
    const run = await runSmolGang(['plan', ...args, '--note', 'why']);

    expect(run).toMatchObject({ code: 0, err: '' });
    expect(sent()).toEqual({ revision: 3, edits: [edit], note: 'why' });
    expect(run.out).toContain('revision 4');
  });

  test('several edits from a file are one revision', async () => {
    const folder = await makeTemporaryDirectory('cli-edits');
    const file = join(folder.path, 'edits.yaml');
    await writeFile(
      file,
      '- {op: remove_task, task: document}\n- {op: add_edge, from: a, to: b}\n',
    );

    const run = await runSmolGang(['plan', 'edit', PLAN_ID, '--file', file]);

    await folder.remove();
    expect(run.code).toBe(0);
    expect(sent()).toMatchObject({
      revision: 3,
      edits: [{ op: 'remove_task' }, { op: 'add_edge' }],
    });
  });

  test('somebody who was first is named, with what they changed', async () => {
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

  test('a task that is not there is said before anything is sent', async () => {
    const run = await runSmolGang(['plan', 'remove-task', PLAN_ID, 'documnet']);

    expect(run.code).toBe(2);
    expect(run.err).toContain('it has add-store, add-routes, document');
    expect(sent()).toBeUndefined();
  });

  test('the editor has the graph, and what it leaves becomes edits', async () => {
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
    expect(sent()).toEqual({
      revision: 3,
      edits: [{ op: 'change_task', task: 'document', title: 'Docs' }],
    });
  });
});

describe('plans', () => {
  test('are approved at the revision that is the newest now', async () => {
    await runSmolGang(['plan', 'approve', PLAN_ID]);

    expect(getLastBody()).toEqual({ revision: 3 });
  });

  test.each([
    [['plan', 'reject', PLAN_ID, '--reason', 'no'], 'rejectPlan', { reason: 'no' }],
    [['cancel', PLAN_ID], 'cancelPlan', { reason: '' }],
    [['plan', 'restart', PLAN_ID], 'restartPlan', { run: 1 }],
    [['recover', PLAN_ID], 'recoverPlan', undefined],
    [['cancel', 'last'], 'cancelPlan', { reason: '' }],
  ])('%j', async (args, route, body) => {
    const run = await runSmolGang(args);

    expect(run.code).toBe(0);
    expect(api.requests.at(-1)?.route).toBe(route);
    expect(getLastBody()).toEqual(body);
  });

  test('are shown with waves, forecast and scopes, and as a file that runs again', async () => {
    const shown = await runSmolGang(['plan', 'show', PLAN_ID]);
    const yaml = await runSmolGang(['plan', 'show', PLAN_ID, '--yaml']);

    expect(shown.out).toContain('src/store/');
    expect(shown.out).toMatch(/forecast +3 tasks/);
    expect(yaml.out).toContain('tasks:\n  - id: add-store\n');
    expect(yaml.out).not.toContain('tier');
  });

  test('two revisions are told apart', async () => {
    const run = await runSmolGang(['plan', 'diff', PLAN_ID]);

    expect(run.out).toContain('revision 2 → 3');
    expect(run.out).toContain('+ document  Do document after add-routes');
  });
});

describe('status', () => {
  test('of everything names slots, pauses and plans', async () => {
    const command = `smol-gang plan approve ${PLAN_ID}`;
    api.answers.getPlan = () =>
      createPlanFixture({ status: 'pending_approval', waiting: [APPROVAL] });

    const run = await runSmolGang(['status']);

    expect(run.code).toBe(0);
    expect(run.out).toContain('1 of 4 agents at work');
    expect(run.out).toContain('! the model is paused: quota; again in 1m');
    expect(run.out).toContain(`    ${command}`);
  });

  test('of one plan has the state in its exit code', async () => {
    api.answers.getPlan = () => createPlanFixture({ halted: true });

    const run = await runSmolGang(['status', PLAN_ID, '--json']);

    expect(run.code).toBe(1);
    expect(JSON.parse(run.out)).toMatchObject({
      plan: { halted: true },
      tasks: [{ id: 'add-store' }],
    });
  });

  test('of what is not there ends with 4, of a wrong id with 2', async () => {
    api.answers.getPlan = () => {
      throw new ApiRefusal(404, 'not_found', `there is no plan ${PLAN_ID}`);
    };

    expect((await runSmolGang(['status', PLAN_ID])).code).toBe(4);
    expect((await runSmolGang(['status', 'p1; rm -rf'])).code).toBe(2);
  });
});

describe('the system', () => {
  test('doctor says what to do, and fails when a check does', async () => {
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

  test('gc says what it would remove', async () => {
    api.answers.collectGarbage = () => ({
      removed: [{ what: 'branches', count: 3, bytes: 2_000 }],
    });

    const run = await runSmolGang(['gc', '--dry-run']);

    expect(getLastBody()).toEqual({ dryRun: true });
    expect(run.out).toMatch(/would be removed[\s\S]*branches +3 +2 kB/);
  });

  test('recover without a plan looks at all that are active', async () => {
    api.answers.listPlans = ({ query }) => ({
      items: query.status === 'active' ? [createPlanFixture()] : [],
    });

    await runSmolGang(['recover']);

    expect(api.requests.filter((request) => request.route === 'recoverPlan')).toHaveLength(1);
  });
});

test('with --json an error is the one document, and is said on stderr too', async () => {
  const run = await runSmolGang(['plan', 'approve', '--json']);

  expect(run.code).toBe(2);
  expect(JSON.parse(run.out)).toMatchObject({ error: { code: 'usage', exitCode: 2 } });
  expect(run.err).toContain('usage: smol-gang plan approve PLAN');
});

test('help stands before, behind and instead of a command', async () => {
  const [all, group, one, same] = await Promise.all([
    runSmolGang([]),
    runSmolGang(['plan']),
    runSmolGang(['plan', 'edit', '--help']),
    runSmolGang(['help', 'plan', 'edit']),
  ]);

  expect(all.out).toContain('Exit codes');
  expect(group.out).toContain('plan merge');
  expect(one.out).toContain('--description-file FILE');
  expect(same.out).toBe(one.out);
});
