import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CannedApi } from '../../support/cli/canned-api.ts';
import { startCannedApi, TOKEN } from '../../support/cli/canned-api.ts';
import { BLOCKED_TASK_DETAIL, createCannedRoutes } from '../../support/cli/canned-routes.ts';
import { createPlanFixture, NOW, PLAN_ID } from '../../support/cli/plan-fixture.ts';
import { runCliInProcess } from '../../support/cli/run-cli-in-process.ts';

const COMMIT = 'c'.repeat(40);

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

describe('task commands', () => {
  test.each([
    [['retry', PLAN_ID, 'add-store'], 'retryTask', undefined],
    [['unblock', `${PLAN_ID}/add-store`], 'unblockTask', undefined],
    [['approve', PLAN_ID, 'add-store'], 'approveTask', {}],
    [['finish', PLAN_ID, 'add-store'], 'finishTask', undefined],
    [['cancel', PLAN_ID, 'add-store', '--reason', 'r', '--yes'], 'cancelTask', { reason: 'r' }],
    [
      ['request-changes', PLAN_ID, 'add-store', 'use the clock'],
      'requestChanges',
      { reason: 'use the clock' },
    ],
    [['message', PLAN_ID, 'add-store', 'hurry'], 'sendMessage', { text: 'hurry' }],
    [['message', `${PLAN_ID}/add-store`, '- one\n- two'], 'sendMessage', { text: '- one\n- two' }],
  ])('the arguments %j call the route %s', async (args, route, body) => {
    const run = await runSmolGang(['task', ...args]);

    expect(run).toMatchObject({ code: 0, err: '' });
    expect(api.requests.at(-1)).toMatchObject({
      route,
      params: { plan: PLAN_ID, task: 'add-store' },
    });
    expect(getLastBody()).toEqual(body);
  });

  test('task approve sends the full commit that a person reviewed, and refuses another commit', async () => {
    const evidence = {
      commit: COMMIT,
      root: 'd'.repeat(40),
      green: true,
      empty: false,
      results: [],
      at: NOW,
    };
    api.answers.getTask = () => ({ ...BLOCKED_TASK_DETAIL, evidence });

    const approved = await runSmolGang([
      'task',
      'approve',
      PLAN_ID,
      'add-store',
      '--commit',
      'ccccccc',
    ]);
    expect(approved).toMatchObject({ code: 0, err: '' });
    expect(getLastBody()).toEqual({ commit: COMMIT });

    const refused = await runSmolGang([
      'task',
      'approve',
      PLAN_ID,
      'add-store',
      '--commit',
      'ddddddd',
    ]);
    expect(refused.code).not.toBe(0);
    expect(refused.err).toContain(
      'does not propose commit ddddddd any more, but commit cccccccccccc',
    );
    expect(api.requests.at(-1)?.route).toBe('getTask');
  });

  test('task show prints the reason and the criteria of a blocked task', async () => {
    const run = await runSmolGang(['task', 'show', PLAN_ID, 'add-store']);

    expect(run.out).toContain('a rule of the forge');
    expect(run.out).toMatch(/done when +it works/);
  });

  test('task answer sends a text or a numbered option with the id of the question', async () => {
    const question = {
      id: 'q7',
      text: 'Which?',
      options: ['one', 'two'],
      default: 'one',
      timeoutAt: NOW,
    };
    api.answers.getTask = () => ({ ...BLOCKED_TASK_DETAIL, status: 'awaiting_input', question });

    await runSmolGang(['task', 'answer', PLAN_ID, 'add-store', 'neither']);
    expect(getLastBody()).toEqual({ text: 'neither', answers: 'q7' });
    await runSmolGang(['task', 'answer', PLAN_ID, 'add-store', '--option', '2']);
    expect(getLastBody()).toEqual({ text: 'two', answers: 'q7' });
    expect(
      (await runSmolGang(['task', 'answer', PLAN_ID, 'add-store', '--option', '3'])).code,
    ).toBe(2);
  });

  test('task answer without a question is a conflict', async () => {
    expect((await runSmolGang(['task', 'answer', PLAN_ID, 'add-store', 'x'])).code).toBe(5);
  });

  test.each([
    [['task', 'diff', PLAN_ID, 'add-store', '--patch'], 'taskPatch'],
    [['plan', 'result', PLAN_ID, '--patch'], 'planPatch'],
  ] as const)('%j prints the patch unchanged, and names a cut patch', async (args, route) => {
    const patch = 'diff --git a/a b/a\n@@ -1 +1 @@\n-old\n+new\ttab\u001b[1m\n';
    const answer = { repo: 'acme/shop', base: COMMIT, head: COMMIT, patch, truncated: true };
    api.answers[route] = () => answer;

    const piped = await runSmolGang([...args]);
    const coloured = await runSmolGang([...args, '--color', 'always']);

    expect(piped).toMatchObject({ code: 0, out: patch });
    expect(piped.err).toContain('the patch is cut');
    expect(coloured.out).toContain('\u001b[32m+new');
    expect(coloured.out).not.toContain('\u001b[1m\n');
  });

  test('task show cuts a long reason, and --full prints the whole reason', async () => {
    const reason = Array.from({ length: 60 }, (_, index) => `line ${index + 1}`).join('\n');
    api.answers.getTask = () => ({ ...BLOCKED_TASK_DETAIL, reason });

    const short = await runSmolGang(['task', 'show', PLAN_ID, 'add-store']);
    const full = await runSmolGang(['task', 'show', PLAN_ID, 'add-store', '--full']);

    expect(short.out).toContain('line 20\n');
    expect(short.out).not.toContain('line 21');
    expect(short.out).toContain(
      `… and 40 more lines: smol-gang task show ${PLAN_ID} add-store --full`,
    );
    expect(full.out).toContain('line 60');
  });

  test('task show says what a live attempt does', async () => {
    api.answers.getTask = () => ({
      ...BLOCKED_TASK_DETAIL,
      status: 'working',
      phase: 'setup',
      activity: 'npm ci',
    });

    const { out } = await runSmolGang(['task', 'show', PLAN_ID, 'add-store']);

    expect(out).toContain('now: runs the set-up commands: npm ci');
  });

  test('task diff and task history print tables', async () => {
    const file = { path: 'src/\u001b[31ma.ts', status: 'modified', additions: 3, deletions: 1 };
    const repositories = [{ name: 'acme/shop', path: '/src/my shop', base: 'main' }];
    api.answers.getPlan = () => createPlanFixture({ repositories });
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

    const diff = await runSmolGang(['task', 'diff', PLAN_ID, 'add-store']);
    const history = await runSmolGang(['task', 'history', PLAN_ID, 'add-store']);

    expect(diff.out).toMatch(/modified {2}src\/a\.ts +\+3 +-1/);
    expect(diff.out).toContain(`git -C '/src/my shop' diff ${COMMIT.slice(0, 12)}`);
    expect(history.out).toMatch(/pending → ready[\s\S]*ready → claimed/);
  });
});

describe('task logs', () => {
  const createEntry = (text: string) => ({ at: NOW, kind: 'agent' as const, text });

  test('prints all pages of the log', async () => {
    api.answers.taskLog = ({ query }) => {
      const n = Number(query.after) + 1;
      return { items: n > 3 ? [] : [{ attempt: 2, n, entries: [createEntry(`part ${n}`)] }] };
    };

    const run = await runSmolGang(['task', 'logs', PLAN_ID, 'add-store']);

    expect(run.out.match(/part \d/g)).toEqual(['part 1', 'part 2', 'part 3']);
    expect(api.requests.at(-1)?.query).toMatchObject({ attempt: 2, after: 3 });
  });

  test('rejects the number of an attempt that has not started', async () => {
    const run = await runSmolGang(['task', 'logs', PLAN_ID, 'add-store', '--attempt', '3']);

    expect(run.code).toBe(2);
    expect(run.err).toContain('task add-store has no attempt 3: it has had 2 attempts');
  });

  test('--follow prints each entry once, through all attempts until the task stops', async () => {
    const states = [
      { attempt: 1, status: 'working' as const },
      { attempt: 1, status: 'working' as const },
      { attempt: 2, status: 'working' as const },
      { attempt: 2, status: 'merged' as const },
    ];
    api.answers.getTask = () => ({
      ...BLOCKED_TASK_DETAIL,
      ...(states.length > 1 ? states.shift() : states[0]),
    });
    api.answers.taskLog = ({ query }) => ({
      items:
        query.after === 0
          ? [
              {
                attempt: Number(query.attempt),
                n: 1,
                entries: [createEntry(`said in ${query.attempt}`)],
              },
            ]
          : [],
    });

    const run = await runSmolGang(['task', 'logs', PLAN_ID, 'add-store', '--follow', '--json']);

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

  test('removes control characters from the log', async () => {
    api.answers.taskLog = ({ query }) => ({
      items:
        query.after === 0
          ? [
              {
                attempt: 2,
                n: 1,
                entries: [createEntry('a\u001b]0;owned\u0007\u001b[2Jb\u009b31mc')],
              },
            ]
          : [],
    });

    const run = await runSmolGang(['task', 'logs', PLAN_ID, 'add-store']);
    const json = await runSmolGang(['task', 'logs', PLAN_ID, 'add-store', '--json']);

    expect(run.out).toMatch(/abc\n$/);
    expect(json.out).not.toMatch(/(?!\n)\p{Cc}/u);
    expect(JSON.parse(json.out).items[0].text).toContain('\u009b');
  });
});
