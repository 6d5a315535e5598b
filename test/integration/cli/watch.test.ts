import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createClient } from '../../../cli/client/client.ts';
import type { ProgressStep } from '../../../cli/watch/follow-plan.ts';
import { watchPlan } from '../../../cli/watch/watch-plan.ts';
import { API } from '../../../core/contract/api.ts';
import type { PlanView } from '../../../core/contract/plan.ts';
import type { TaskView } from '../../../core/contract/task.ts';
import type { CannedApi } from '../../support/cli/canned-api.ts';
import { startCannedApi, TOKEN } from '../../support/cli/canned-api.ts';
import {
  APPROVAL,
  createGraphFixture,
  createPlanFixture,
  createTaskFixture,
  PLAN_ID,
} from '../../support/cli/plan-fixture.ts';
import { runCliInProcess } from '../../support/cli/run-cli-in-process.ts';

// The plan of these tests advances by a step of `script` with every poll. As in the real API, changed tasks come without their
// dependencies, and unchanged tasks are returned again.

type ScriptStep = {
  readonly plan?: Partial<PlanView>;
  readonly tasks?: (Partial<TaskView> & { readonly id: string })[];
};

let api: CannedApi;
let plan: PlanView;
let tasks: Map<string, TaskView>;
let script: ScriptStep[];

function playNextStep(): void {
  const step = script.shift();
  plan = createPlanFixture({
    ...plan,
    ...step?.plan,
    version: plan.version + (step?.plan ? 1 : 0),
  });
  for (const change of step?.tasks ?? []) {
    const before = tasks.get(change.id) ?? createTaskFixture({ id: change.id, version: 0 });
    tasks.set(change.id, { ...before, ...change, version: before.version + 1 });
  }
}

beforeEach(async () => {
  plan = createPlanFixture();
  tasks = new Map();
  script = [];
  api = await startCannedApi({
    getPlan: () => plan,
    listTasks: () => ({ items: [...tasks.values()] }),
    planChanges: () => {
      playNextStep();
      const changedTasks = [...tasks.values()].map((task) => ({ ...task, dependsOn: [] }));
      return { plan: { ...plan, counts: {} }, tasks: changedTasks, cursor: Date.now() };
    },
    getGraph: () => createGraphFixture([{ id: 'a' }]),
    approvePlan: () => {
      plan = { ...plan, status: 'activating', version: plan.version + 1 };
      script.push({ plan: { status: 'active' } }, { plan: { status: 'complete' } });
      return { id: PLAN_ID, status: 'activating', version: 9 };
    },
    restartPlan: () => ({ id: PLAN_ID, status: plan.status, version: 8 }),
    rejectPlan: () => ({ id: PLAN_ID, status: 'rejected', version: 9 }),
  });
});
afterEach(async () => {
  await api.close();
  expect(api.problems).toEqual([]);
});

function runSmolGang(args: string[], options: Parameters<typeof runCliInProcess>[1] = {}) {
  return runCliInProcess(args, {
    env: { SMOL_GANG_URL: api.url, SMOL_GANG_TOKEN: TOKEN },
    ...options,
  });
}

const FIRST_STEPS: ScriptStep[] = [
  {
    plan: { status: 'active' },
    tasks: [
      { id: 'a', status: 'working', attempt: 1 },
      { id: 'b', dependsOn: ['a'], wave: 2, ordinal: 2 },
    ],
  },
  {
    tasks: [
      { id: 'a', status: 'merged' },
      { id: 'b', status: 'working', attempt: 1 },
    ],
  },
];

describe('watchPlan', () => {
  test('reports each change once, keeps the dependencies of tasks and returns the final state', async () => {
    plan = createPlanFixture({ status: 'planning' });
    script = [
      ...FIRST_STEPS,
      { plan: { status: 'complete' }, tasks: [{ id: 'b', status: 'merged' }] },
    ];
    const steps: ProgressStep[] = [];
    const client = createClient({
      url: api.url,
      credentials: [{ kind: 'token', token: TOKEN, source: 'test' }],
    });

    const end = await watchPlan(client, PLAN_ID, {
      out: new PassThrough(),
      isTTY: false,
      onStep: (step) => steps.push(step),
      pauseMs: { min: 1, max: 20 },
    });

    const reportedChanges = steps
      .flatMap((step) => step.changes)
      .flatMap((change) =>
        change.kind === 'task' ? `${change.task.id} ${change.task.status}` : [],
      );
    expect(reportedChanges).toEqual([
      'a working',
      'b pending',
      'a merged',
      'b working',
      'b merged',
    ]);
    expect(steps.at(-1)?.state.tasks.find((task) => task.id === 'b')?.dependsOn).toEqual(['a']);
    expect(end.state.plan.status).toBe('complete');
    expect(end.wasInterrupted).toBe(false);
  });

  test('continues after an outage of the API', async () => {
    script = [{ plan: { status: 'active' } }, { plan: { status: 'complete' } }];
    const port = Number(new URL(api.url).port);
    const client = createClient({
      url: api.url,
      credentials: [{ kind: 'token', token: TOKEN, source: 'test' }],
    });
    await client.call(API.getPlan, { params: { plan: PLAN_ID } });
    const answers = api.answers;
    await api.close();

    const watch = watchPlan(client, PLAN_ID, {
      out: new PassThrough(),
      isTTY: false,
      pauseMs: { min: 1, max: 20 },
    });
    api = await startCannedApi(answers, port);

    expect((await watch).state.plan.status).toBe('complete');
  });
});

describe('status --watch', () => {
  test('without a terminal prints a line for each change and the summary at the end', async () => {
    script = [
      ...FIRST_STEPS,
      { plan: { status: 'complete' }, tasks: [{ id: 'b', status: 'merged' }] },
    ];

    const run = await runSmolGang(['status', PLAN_ID, '--watch']);

    expect(run.code).toBe(0);
    expect(run.out).toMatch(/\d\d:\d\d:\d\d {2}● a +working/);
    expect(run.out).toMatch(/✓ b +merged/);
    expect(run.out).toContain('Rate limits for the API · complete');
  });

  test('with --json prints a JSON document on each line', async () => {
    script = [...FIRST_STEPS, { plan: { status: 'complete' } }];

    const run = await runSmolGang(['status', PLAN_ID, '--watch', '--json']);

    const lines = run.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines[0]).toMatchObject({ kind: 'plan', plan: { id: PLAN_ID } });
    expect(lines.some((line) => line.kind === 'task' && line.task.status === 'merged')).toBe(true);
  });

  test('ends at Ctrl-C without cancelling the plan and prints how to watch again', async () => {
    script = [...FIRST_STEPS];

    const run = await runSmolGang(['status', PLAN_ID, '--watch'], { interruptAt: /b +working/ });

    expect(run.code).toBe(130);
    expect(run.err).toContain(`smol-gang status ${PLAN_ID} --watch`);
    expect(api.requests.some((request) => request.route === 'cancelPlan')).toBe(false);
  });

  test('on a terminal redraws in place and erases its frames', async () => {
    script = [
      ...FIRST_STEPS,
      { plan: { status: 'complete' }, tasks: [{ id: 'b', status: 'merged' }] },
    ];

    const run = await runSmolGang(['status', PLAN_ID, '--watch'], { typed: [] });

    expect(run.out).toContain('\u001b[?25l');
    expect(run.out).toMatch(/\p{Cc}\[\d+A\r/u);
    expect(run.out.lastIndexOf('\u001b[?25h')).toBeLessThan(run.out.indexOf('· complete'));
  });
});

describe('--wait', () => {
  test('without a terminal ends at the approval with the command to continue', async () => {
    script = [{ plan: { status: 'pending_approval', waiting: [APPROVAL] } }];

    const run = await runSmolGang(['plan', 'restart', PLAN_ID, '--wait'], {});

    expect(run.code).toBe(6);
    expect(run.out).toContain(`    smol-gang plan approve ${PLAN_ID}`);
  });

  test('on a terminal asks for the approval and continues to the end', async () => {
    plan = createPlanFixture({ status: 'pending_approval' });

    const typed = [{ when: /Approve revision 1 and start\?/, text: 'y\n' }];
    const run = await runSmolGang(['plan', 'restart', PLAN_ID, '--wait'], { typed });

    expect(run.code).toBe(0);
    expect(run.out).toContain('wave 1');
    expect(api.requests.find((request) => request.route === 'approvePlan')?.body).toEqual({
      revision: 1,
    });
    expect(run.out).toContain('· complete');
  });

  test.each([
    ['r', 1, ['rejectPlan']],
    ['n', 6, []],
    ['', 6, []],
  ])(
    'after the answer %j to the approval question, exits with %i',
    async (answer, code, routes) => {
      plan = createPlanFixture({ status: 'pending_approval' });

      const typed = [{ when: /Approve revision/, text: `${answer}\n` }];
      const run = await runSmolGang(['plan', 'restart', PLAN_ID, '--wait'], { typed });

      expect(run.code).toBe(code);
      const decisions = api.requests
        .map((request) => request.route)
        .filter((route) => /approve|reject/.test(route));
      expect(decisions).toEqual(routes);
    },
  );

  test('exits with 1 for a failed plan, and --json prints the plan and the tasks', async () => {
    script = [{ plan: { status: 'failed', reason: 'the model answered no plan' } }];

    const run = await runSmolGang(['plan', 'restart', PLAN_ID, '--wait', '--json']);

    expect(run.code).toBe(1);
    expect(JSON.parse(run.out)).toMatchObject({ plan: { status: 'failed' }, tasks: [] });
  });
});
