import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CannedApi } from '../support/canned-api.ts';
import { Refusal, startCannedApi, TOKEN } from '../support/canned-api.ts';
import { runCliWith } from '../support/cli-host.ts';
import { makeTemporaryDirectory } from '../support/git.ts';
import { graphFixture, NOW, PLAN_ID, planFixture, taskFixture } from '../support/plan-fixture.ts';

const COMMIT = 'c'.repeat(40);
const GRAPH = graphFixture(
  [
    { id: 'add-store', scope: ['src/store/'] },
    { id: 'add-routes', dependsOn: ['add-store'], scope: ['src/routes/'] },
    { id: 'document', dependsOn: ['add-routes'] },
  ],
  { revision: 3 },
);
const TASK = taskFixture({
  id: 'add-store',
  status: 'blocked',
  reason: 'a rule of the forge',
  attempt: 2,
});
const DETAIL = { ...TASK, description: 'Do it.', criteria: ['it works'], scope: ['src/'] };

let api: CannedApi;

beforeEach(async () => {
  const task = () => TASK;
  const changed = () => ({ id: PLAN_ID, status: 'active', version: 9 });
  api = await startCannedApi({
    getPlan: () => planFixture({ revision: 3 }),
    getGraph: ({ query }) =>
      query.revision === 2 ? { ...GRAPH, revision: 2, tasks: GRAPH.tasks.slice(0, 2) } : GRAPH,
    editPlan: () => ({ ...GRAPH, revision: 4 }),
    listPlans: () => ({ items: [planFixture()] }),
    listTasks: () => ({ items: [TASK] }),
    getTask: () => DETAIL,
    approvePlan: changed,
    rejectPlan: changed,
    cancelPlan: changed,
    restartPlan: changed,
    recoverPlan: changed,
    retryTask: task,
    unblockTask: task,
    approveTask: task,
    finishTask: task,
    cancelTask: task,
    requestChanges: task,
    sendMessage: () => ({ n: 1, author: 'ada', text: 'x', at: NOW }),
    systemStatus: () => ({
      version: '0.1.0',
      slots: { used: 1, limit: 4 },
      pauses: [{ what: 'the model', until: NOW + 60_000, reason: 'quota' }],
      isolation: 'agents run as you',
    }),
  });
});
afterEach(async () => {
  await api.close();
  expect(api.problems).toEqual([]);
});

function smolGang(args: string[], more: Parameters<typeof runCliWith>[1] = {}) {
  const env = { SMOL_GANG_URL: api.url, SMOL_GANG_TOKEN: TOKEN };
  return runCliWith(args, { env, now: () => NOW, ...more });
}

function lastBody(): unknown {
  return api.seen.at(-1)?.body;
}

describe('plan edits', () => {
  function sent(): unknown {
    return api.seen.find((request) => request.route === 'editPlan')?.body;
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
    const run = await smolGang(['plan', ...args, '--note', 'why']);

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

    const run = await smolGang(['plan', 'edit', PLAN_ID, '--file', file]);

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
      throw new Refusal(409, 'revision_moved', 'revision 3 is not the newest: grace made 5', {
        details,
      });
    };

    const run = await smolGang(['plan', 'remove-task', PLAN_ID, 'document', '--json']);

    expect(run.code).toBe(5);
    expect(run.err).toContain('grace made 5');
    expect(JSON.parse(run.out)).toMatchObject({
      error: { code: 'revision_moved', details: { revision: 5 } },
    });
  });

  test('a task that is not there is said before anything is sent', async () => {
    const run = await smolGang(['plan', 'remove-task', PLAN_ID, 'documnet']);

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

    const run = await smolGang(['plan', 'edit', PLAN_ID], {
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
    await smolGang(['plan', 'approve', PLAN_ID]);

    expect(lastBody()).toEqual({ revision: 3 });
  });

  test.each([
    [['plan', 'reject', PLAN_ID, '--reason', 'no'], 'rejectPlan', { reason: 'no' }],
    [['cancel', PLAN_ID], 'cancelPlan', { reason: '' }],
    [['plan', 'restart', PLAN_ID], 'restartPlan', undefined],
    [['recover', PLAN_ID], 'recoverPlan', undefined],
    [['cancel', 'last'], 'cancelPlan', { reason: '' }],
  ])('%j', async (args, route, body) => {
    const run = await smolGang(args);

    expect(run.code).toBe(0);
    expect(api.seen.at(-1)?.route).toBe(route);
    expect(lastBody()).toEqual(body);
  });

  test('are shown with waves, forecast and scopes, and as a file that runs again', async () => {
    const shown = await smolGang(['plan', 'show', PLAN_ID]);
    const yaml = await smolGang(['plan', 'show', PLAN_ID, '--yaml']);

    expect(shown.out).toContain('src/store/');
    expect(shown.out).toMatch(/forecast +3 tasks/);
    expect(yaml.out).toContain('tasks:\n  - id: add-store\n');
    expect(yaml.out).not.toContain('tier');
  });

  test('two revisions are told apart', async () => {
    const run = await smolGang(['plan', 'diff', PLAN_ID]);

    expect(run.out).toContain('revision 2 → 3');
    expect(run.out).toContain('+ document  Do document after add-routes');
  });
});

describe('status', () => {
  test('of everything names slots, pauses and plans', async () => {
    const command = `smol-gang plan approve ${PLAN_ID}`;
    api.answers.getPlan = () =>
      planFixture({ status: 'pending_approval', waiting: [{ for: 'approval', command }] });

    const run = await smolGang(['status']);

    expect(run.code).toBe(0);
    expect(run.out).toContain('1 of 4 agents at work');
    expect(run.out).toContain('! the model is paused: quota; again in 1m');
    expect(run.out).toContain(`    ${command}`);
  });

  test('of one plan has the state in its exit code', async () => {
    api.answers.getPlan = () => planFixture({ halted: true });

    const run = await smolGang(['status', PLAN_ID, '--json']);

    expect(run.code).toBe(1);
    expect(JSON.parse(run.out)).toMatchObject({
      plan: { halted: true },
      tasks: [{ id: 'add-store' }],
    });
  });

  test('of what is not there ends with 4, of a wrong id with 2', async () => {
    api.answers.getPlan = () => {
      throw new Refusal(404, 'not_found', `there is no plan ${PLAN_ID}`);
    };

    expect((await smolGang(['status', PLAN_ID])).code).toBe(4);
    expect((await smolGang(['status', 'p1; rm -rf'])).code).toBe(2);
  });
});

describe('tasks', () => {
  test.each([
    [['retry', PLAN_ID, 'add-store'], 'retryTask', undefined],
    [['unblock', `${PLAN_ID}/add-store`], 'unblockTask', undefined],
    [['approve', PLAN_ID, 'add-store'], 'approveTask', undefined],
    [['finish', PLAN_ID, 'add-store'], 'finishTask', undefined],
    [['cancel', PLAN_ID, 'add-store', '--reason', 'r'], 'cancelTask', { reason: 'r' }],
    [
      ['request-changes', PLAN_ID, 'add-store', 'use the clock'],
      'requestChanges',
      { reason: 'use the clock' },
    ],
    [['message', PLAN_ID, 'add-store', 'hurry'], 'sendMessage', { text: 'hurry' }],
    [['message', `${PLAN_ID}/add-store`, '- one\n- two'], 'sendMessage', { text: '- one\n- two' }],
  ])('task %j', async (args, route, body) => {
    const run = await smolGang(['task', ...args]);

    expect(run).toMatchObject({ code: 0, err: '' });
    expect(api.seen.at(-1)).toMatchObject({ route, params: { plan: PLAN_ID, task: 'add-store' } });
    expect(lastBody()).toEqual(body);
  });

  test('are shown with all there is to know', async () => {
    const run = await smolGang(['task', 'show', PLAN_ID, 'add-store']);

    expect(run.out).toContain('a rule of the forge');
    expect(run.out).toMatch(/done when +it works/);
  });

  test('a question is answered by its id, by words or by number', async () => {
    const question = {
      id: 'q7',
      text: 'Which?',
      options: ['one', 'two'],
      default: 'one',
      timeoutAt: NOW,
    };
    api.answers.getTask = () => ({ ...DETAIL, status: 'awaiting_input', question });

    await smolGang(['task', 'answer', PLAN_ID, 'add-store', 'neither']);
    expect(lastBody()).toEqual({ text: 'neither', answers: 'q7' });
    await smolGang(['task', 'answer', PLAN_ID, 'add-store', '--option', '2']);
    expect(lastBody()).toEqual({ text: 'two', answers: 'q7' });
    expect((await smolGang(['task', 'answer', PLAN_ID, 'add-store', '--option', '3'])).code).toBe(
      2,
    );
  });

  test('an answer without a question is a conflict', async () => {
    expect((await smolGang(['task', 'answer', PLAN_ID, 'add-store', 'x'])).code).toBe(5);
  });

  test('their diff and history are tables', async () => {
    const file = { path: 'src/\u001b[31ma.ts', status: 'modified', additions: 3, deletions: 1 };
    api.answers.taskDiff = () => ({ files: [file], base: COMMIT, head: COMMIT });
    const item = {
      version: 2,
      at: NOW,
      from: 'ready',
      to: 'claimed',
      event: 'claim',
      actor: 'scheduler',
    };
    api.answers.taskHistory = () => ({
      items: [item, { ...item, version: 1, from: 'pending', to: 'ready' }],
    });

    const diff = await smolGang(['task', 'diff', PLAN_ID, 'add-store']);
    const history = await smolGang(['task', 'history', PLAN_ID, 'add-store']);

    expect(diff.out).toMatch(/modified {2}src\/a\.ts +\+3 +-1/);
    expect(history.out).toMatch(/pending → ready[\s\S]*ready → claimed/);
  });
});

describe('task logs', () => {
  const entry = (text: string) => ({ at: NOW, kind: 'agent' as const, text });

  test('are read to the end, page after page', async () => {
    api.answers.taskLog = ({ query }) => {
      const n = Number(query.after) + 1;
      return { items: n > 3 ? [] : [{ attempt: 2, n, entries: [entry(`part ${n}`)] }] };
    };

    const run = await smolGang(['task', 'logs', PLAN_ID, 'add-store']);

    expect(run.out.match(/part \d/g)).toEqual(['part 1', 'part 2', 'part 3']);
    expect(api.seen.at(-1)?.query).toMatchObject({ attempt: 2, after: 3 });
  });

  test('--follow goes on through attempts until the task rests, each entry once', async () => {
    const states = [
      { attempt: 1, status: 'working' as const },
      { attempt: 1, status: 'working' as const },
      { attempt: 2, status: 'working' as const },
      { attempt: 2, status: 'merged' as const },
    ];
    api.answers.getTask = () => ({
      ...DETAIL,
      ...(states.length > 1 ? states.shift() : states[0]),
    });
    api.answers.taskLog = ({ query }) => ({
      items:
        query.after === 0
          ? [{ attempt: Number(query.attempt), n: 1, entries: [entry(`said in ${query.attempt}`)] }]
          : [],
    });

    const run = await smolGang(['task', 'logs', PLAN_ID, 'add-store', '--follow', '--json']);

    const lines = run.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map((line) => [line.attempt, line.text])).toEqual([
      [1, 'said in 1'],
      [2, 'said in 2'],
    ]);
    expect(run.err).toContain('merged');
  });

  test('are shown without what could take the terminal over', async () => {
    api.answers.taskLog = ({ query }) => ({
      items:
        query.after === 0
          ? [{ attempt: 2, n: 1, entries: [entry('a\u001b]0;owned\u0007\u001b[2Jb\u009b31mc')] }]
          : [],
    });

    const run = await smolGang(['task', 'logs', PLAN_ID, 'add-store']);
    const json = await smolGang(['task', 'logs', PLAN_ID, 'add-store', '--json']);

    expect(run.out).toMatch(/abc\n$/);
    expect(json.out).not.toMatch(/(?!\n)\p{Cc}/u);
    expect(JSON.parse(json.out).items[0].text).toContain('\u009b');
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

    const run = await smolGang(['doctor']);

    expect(run.code).toBe(1);
    expect(run.out).toMatch(/✗ model +the key is refused\n +→ set MODEL_API_KEY\n✓ git/);
  });

  test('gc says what it would remove', async () => {
    api.answers.collectGarbage = () => ({
      removed: [{ what: 'branches', count: 3, bytes: 2_000 }],
    });

    const run = await smolGang(['gc', '--dry-run']);

    expect(lastBody()).toEqual({ dryRun: true });
    expect(run.out).toMatch(/would be removed[\s\S]*branches +3 +2 kB/);
  });

  test('recover without a plan looks at all that are active', async () => {
    api.answers.listPlans = ({ query }) => ({
      items: query.status === 'active' ? [planFixture()] : [],
    });

    await smolGang(['recover']);

    expect(api.seen.filter((request) => request.route === 'recoverPlan')).toHaveLength(1);
  });
});

test('with --json an error is the one document, and is said on stderr too', async () => {
  const run = await smolGang(['plan', 'approve', '--json']);

  expect(run.code).toBe(2);
  expect(JSON.parse(run.out)).toMatchObject({ error: { code: 'usage', exitCode: 2 } });
  expect(run.err).toContain('usage: smol-gang plan approve PLAN');
});

test('help stands before, behind and instead of a command', async () => {
  const [all, group, one, same] = await Promise.all([
    smolGang([]),
    smolGang(['plan']),
    smolGang(['plan', 'edit', '--help']),
    smolGang(['help', 'plan', 'edit']),
  ]);

  expect(all.out).toContain('Exit codes');
  expect(group.out).toContain('plan merge');
  expect(one.out).toContain('--description-file FILE');
  expect(same.out).toBe(one.out);
});
