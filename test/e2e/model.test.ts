import { afterEach, expect, test } from 'vitest';
import { contentOf, handIn, untilTaskIs, useStage } from '../support/e2e-stage.ts';
import { requireOneEach } from '../support/forge-facts.ts';
import { write } from '../support/graph-text.ts';
import {
  lookAt,
  readStatus,
  runPlan,
  untilPlan,
  untilStatus,
  untilTask,
} from '../support/plan-watch.ts';
import type { PlannerLine, Refusal } from '../support/scripted-task-model.ts';
import { waitUntil } from '../support/wait-until.ts';

// A model that is away, refuses or talks nonsense: work waits with one notice and loses nothing, and no answer becomes a
// plan that nobody meant.

const stage = useStage('model');

const COMPLEX = {
  complexity: 'complex',
  reasoning: 'It has parts.',
  confidence: 0.9,
  estimatedTasks: 3,
  suggestion: 'Split it.',
};
const task = (id: string, change: object = {}) => ({
  id,
  title: `Part ${id}`,
  description: `Adds src/${id}.txt with what the part ${id} has to say, and nothing else.`,
  dependsOn: [],
  scope: [`src/${id}.txt`],
  criteria: [`src/${id}.txt is there`],
  tier: 'auto',
  repo: '',
  estimate: 5,
  ...change,
});
const planOf = (...tasks: object[]) => ({ summary: 'In parts.', tasks });
const GOOD = planOf(task('first'), task('second'), task('third', { dependsOn: ['first'] }));

function plan(phrase: string, line: Partial<PlannerLine> = {}): Promise<string> {
  stage.model.answerPlans(phrase, { verdict: COMPLEX, plans: [GOOD], ...line });
  const args = ['--prompt', `Please do ${phrase} to the sample.`];
  return runPlan(stage.platform, args, { cwd: stage.repository.path });
}

const REFUSALS: Record<string, { refusal?: Refusal; says: RegExp }> = {
  'a dead endpoint': { says: /cannot be reached|does not answer|unreachable/i },
  'a throttled one': {
    refusal: {
      status: 429,
      headers: { 'retry-after': '120' },
      body: { error: { message: 'slow down' } },
    },
    says: /429|slow down|too many|throttl/i,
  },
  'a used-up quota': {
    refusal: {
      status: 429,
      body: { error: { message: 'You exceeded your current quota', code: 'insufficient_quota' } },
    },
    says: /quota/i,
  },
  'a wrong key': {
    refusal: {
      status: 401,
      body: { error: { message: 'Incorrect API key', code: 'invalid_api_key' } },
    },
    says: /key/i,
  },
};

let broken: { refusal: Refusal | undefined } | undefined;

async function breakModel(refusal: Refusal | undefined): Promise<void> {
  broken = { refusal };
  if (refusal === undefined) await stage.model.down();
  else stage.model.refuse(refusal);
}

async function mendModel(): Promise<void> {
  if (broken === undefined) return;
  if (broken.refusal === undefined) await stage.model.up();
  stage.model.refuse(undefined);
  broken = undefined;
}

afterEach(mendModel);

for (const [name, { refusal, says }] of Object.entries(REFUSALS)) {
  test(`${name} parks agents and planning with one notice, and costs no attempt`, async () => {
    const { platform, model } = stage;
    const held = { id: 'one', description: `HOLD ${name}\n${write('src/one.txt', 'one is done')}` };
    const tasks = [held, { id: 'two', dependsOn: ['one'] }];
    const { plan: worked } = await handIn(stage, tasks, ['--auto-approve']);
    await waitUntil('its agent works', () => model.isHeld(name), 60_000);

    await breakModel(refusal);
    model.release(name);
    const parkedTask = await untilTask(
      platform,
      worked,
      'one',
      (task) => task.parkedUntil !== undefined,
      90_000,
    );
    const planned = await plan(name);
    const isTold = ({ message }: { message: string }) => says.test(message);
    const parked = await untilPlan(platform, planned, 'planning is parked', (seen) =>
      seen.plan.notices.some(isTold),
    );

    expect(parkedTask).toMatchObject({ status: 'ready', reason: expect.stringMatching(says) });
    expect(parked.plan.status).toBe('planning');
    for (const one of [planned, worked]) {
      const { plan: view } = await readStatus(platform, one);
      expect(view.notices.filter(isTold), JSON.stringify(view.notices)).toHaveLength(1);
    }

    await mendModel();
    for (const one of [planned, worked]) await platform.cli(['recover', one], { exit: 0 });
    const { plan: gate } = await untilStatus(platform, planned, 'pending_approval');
    const { plan: done, tasks: ended } = await untilStatus(platform, worked, 'complete', 120_000);

    for (const { notices } of [gate, done]) expect(notices.filter(isTold)).toEqual([]);
    expect(ended.find(({ id }) => id === 'one')).toMatchObject({ status: 'merged', attempt: 2 });
    await requireOneEach(platform, done.repositories[0]?.name ?? '', worked, ['one', 'two']);
  });
}

test('a short Retry-After is waited for, and work goes on by itself', async () => {
  const { platform, model } = stage;
  const alone = { id: 'alone', description: `HOLD alone\n${write('src/alone.txt', 'is done')}` };
  const { plan: worked } = await handIn(stage, [alone], ['--auto-approve']);
  await waitUntil('its agent works', () => model.isHeld('alone'), 60_000);

  await breakModel({
    status: 429,
    headers: { 'retry-after': '4' },
    body: { error: { message: 'later' } },
  });
  model.release('alone');
  await untilTask(platform, worked, 'alone', (task) => task.parkedUntil !== undefined, 90_000);
  const planned = await plan('by itself');
  await mendModel();

  await untilStatus(platform, planned, 'pending_approval');
  await untilTaskIs(stage, worked, 'alone', 'merged');
  expect(await contentOf(stage, worked, 'root', 'src/alone.txt')).toBe('is done');
});

const many = Array.from({ length: 300 }, (_, index) => task(`part-${index}`));
const python = planOf(
  task('backend', {
    description: 'Write app.py with Flask and requirements.txt',
    scope: ['app.py', 'requirements.txt'],
  }),
  task('front'),
);
const truncated = JSON.stringify(GOOD).slice(0, 300);
const hostile = planOf(
  task('../../etc/passwd', { scope: ['src/a.txt'] }),
  task('x$(touch /tmp/owned)', { scope: ['src/b.txt'], dependsOn: ['../../etc/passwd'] }),
  task('-rf', { scope: ['src/c.txt'] }),
);

/** Each a request of its own, all planned at once. */
const ANSWERS: Record<string, { plans: unknown[]; ends: 'corrected' | RegExp }> = {
  'prose around it': {
    plans: [`Sure! Here it is:\n\`\`\`json\n${JSON.stringify(GOOD)}\n\`\`\`\nEnjoy.`],
    ends: 'corrected',
  },
  'cut off at first': { plans: [truncated, GOOD], ends: 'corrected' },
  'cut off for ever': { plans: [truncated], ends: /cut off/ },
  'a cycle at first': {
    plans: [planOf(task('a', { dependsOn: ['b'] }), task('b', { dependsOn: ['a'] })), GOOD],
    ends: 'corrected',
  },
  'a cycle for ever': {
    plans: [planOf(task('a', { dependsOn: ['b'] }), task('b', { dependsOn: ['a'] }))],
    ends: /a -> b -> a|b -> a -> b|cycle/,
  },
  'unknown dependencies': {
    plans: [planOf(task('a', { dependsOn: ['ghost'] }), task('b'))],
    ends: /ghost/,
  },
  'ids from hell at first': { plans: [hostile, GOOD], ends: 'corrected' },
  'ids from hell for ever': { plans: [hostile], ends: /etc\/passwd/ },
  'three hundred tasks': { plans: [planOf(...many)], ends: /300|60/ },
  'a foreign stack at first': { plans: [python, GOOD], ends: 'corrected' },
  'a foreign stack for ever': { plans: [python], ends: /Python/ },
  'scopes outside': {
    plans: [planOf(task('a', { scope: ['../../etc/'] }), task('b'))],
    ends: /scope|inside/,
  },
  'no plan at all': { plans: ['I would rather not.'], ends: /plan/ },
  'an empty plan': { plans: [planOf()], ends: /task/ },
};

test('nonsense becomes a corrected plan or a failed one with the reason, never a task nobody meant', async () => {
  const { platform } = stage;
  const plans = new Map<string, string>();
  for (const [name, { plans: answers }] of Object.entries(ANSWERS))
    plans.set(name, await plan(name, { plans: answers }));

  for (const [name, { ends }] of Object.entries(ANSWERS)) {
    const id = plans.get(name) ?? '';
    const { plan: view } = await untilPlan(
      platform,
      id,
      `${name} is planned`,
      (seen) => seen.plan.status !== 'planning',
      120_000,
    );
    if (ends === 'corrected') {
      expect(view, name).toMatchObject({ status: 'pending_approval', forecast: { tasks: 3 } });
      expect(view.forecast?.waves.flat().join(' ')).toMatch(/^[a-z0-9 -]+$/);
    } else {
      expect(view.status, name).toBe('failed');
      expect(view.reason, name).toMatch(ends);
      expect(view.waiting[0]?.command, name).toBe(`smol-gang plan restart ${id}`);
    }
  }
  const failed = plans.get('a cycle for ever') ?? '';
  stage.model.answerPlans('a cycle for ever', { verdict: COMPLEX, plans: [GOOD] });
  await platform.cli(['plan', 'restart', failed], { exit: 0 });
  await untilStatus(platform, failed, 'pending_approval');
  expect((await lookAt(platform, failed)).plan.reason).toBeUndefined();
});

test('the doctor finds model, forge and store well, and says so when the model is not', async () => {
  const { platform, model } = stage;

  const well = await platform.cli(['doctor', '--json']);
  await model.down();
  const ill = await platform.cli(['doctor']);
  await model.up();

  expect(well.stdout).toContain('"ok"');
  expect(ill.code).toBe(1);
  expect(ill.stdout).toMatch(/model/);
});
