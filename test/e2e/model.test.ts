import { afterEach, expect, test } from 'vitest';
import type { ModelRefusal, PlannerAnswers } from '../support/model/scripted-task-model.ts';
import {
  readBranchFile,
  submitGraph,
  useStage,
  waitForTaskStatus,
} from '../support/platform/e2e-stage.ts';
import { requireOnePullPerTask } from '../support/platform/forge-facts.ts';
import { renderWriteOrder } from '../support/platform/render-graph.ts';
import {
  fetchPlanSnapshot,
  readPlanStatus,
  submitPlan,
  waitForPlan,
  waitForPlanStatus,
  waitForTask,
} from '../support/platform/wait-for-plan.ts';
import { waitUntil } from '../support/wait-until.ts';

// A model that is away, refuses or talks nonsense: work waits with one condition and loses nothing, and no answer becomes a
// plan that nobody meant.

const stage = useStage('model');

const COMPLEX_VERDICT = {
  complexity: 'complex',
  reasoning: 'It has parts.',
  confidence: 0.9,
  estimatedTasks: 3,
  suggestion: 'Split it.',
};
const createTask = (id: string, change: object = {}) => ({
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
const createPlanAnswer = (...tasks: object[]) => ({ summary: 'In parts.', tasks });
const GOOD_PLAN = createPlanAnswer(
  createTask('first'),
  createTask('second'),
  createTask('third', { dependsOn: ['first'] }),
);

function submitPrompt(phrase: string, line: Partial<PlannerAnswers> = {}): Promise<string> {
  stage.model.answerPlans(phrase, { verdict: COMPLEX_VERDICT, plans: [GOOD_PLAN], ...line });
  const args = ['--prompt', `Please do ${phrase} to the sample.`];
  return submitPlan(stage.platform, args, { cwd: stage.repository.path });
}

const REFUSAL_CASES: Record<string, { readonly refusal?: ModelRefusal; readonly says: RegExp }> = {
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

let modelBreakage: { readonly refusal: ModelRefusal | undefined } | undefined;

async function breakModel(refusal: ModelRefusal | undefined): Promise<void> {
  modelBreakage = { refusal };
  if (refusal === undefined) await stage.model.stopServer();
  else stage.model.refuse(refusal);
}

async function restoreModel(): Promise<void> {
  if (modelBreakage === undefined) return;
  if (modelBreakage.refusal === undefined) await stage.model.startServer();
  stage.model.refuse(undefined);
  modelBreakage = undefined;
}

afterEach(restoreModel);

for (const [name, { refusal, says }] of Object.entries(REFUSAL_CASES)) {
  test(`${name} parks agents and planning with one condition, and costs no attempt`, async () => {
    const { platform, model } = stage;
    const held = {
      id: 'one',
      description: `HOLD ${name}\n${renderWriteOrder('src/one.txt', 'one is done')}`,
    };
    const tasks = [held, { id: 'two', dependsOn: ['one'] }];
    const { plan: worked } = await submitGraph(stage, tasks, ['--auto-approve']);
    await waitUntil('its agent works', () => model.isHeld(name), 60_000);

    await breakModel(refusal);
    model.release(name);
    const parkedTask = await waitForTask(
      platform,
      worked,
      'one',
      (task) => task.parkedUntil !== undefined,
      90_000,
    );
    const planned = await submitPrompt(name);
    const isTold = ({ message }: { readonly message: string }) => says.test(message);
    const parked = await waitForPlan(platform, planned, 'planning is parked', (seen) =>
      seen.plan.conditions.some(isTold),
    );

    expect(parkedTask).toMatchObject({ status: 'ready', reason: expect.stringMatching(says) });
    expect(parked.plan.status).toBe('planning');
    for (const one of [planned, worked]) {
      const { plan: view } = await readPlanStatus(platform, one);
      expect(view.conditions.filter(isTold), JSON.stringify(view.conditions)).toHaveLength(1);
    }

    await restoreModel();
    for (const one of [planned, worked]) await platform.cli(['recover', one], { expectedExit: 0 });
    const { plan: gate } = await waitForPlanStatus(platform, planned, 'pending_approval');
    const { plan: done, tasks: ended } = await waitForPlanStatus(
      platform,
      worked,
      'complete',
      120_000,
    );

    for (const { conditions } of [gate, done]) expect(conditions.filter(isTold)).toEqual([]);
    expect(ended.find(({ id }) => id === 'one')).toMatchObject({ status: 'merged', attempt: 2 });
    await requireOnePullPerTask(platform, done.repositories[0]?.name ?? '', worked, ['one', 'two']);
  });
}

test('a short Retry-After is waited for, and work goes on by itself', async () => {
  const { platform, model } = stage;
  const alone = {
    id: 'alone',
    description: `HOLD alone\n${renderWriteOrder('src/alone.txt', 'is done')}`,
  };
  const { plan: worked } = await submitGraph(stage, [alone], ['--auto-approve']);
  await waitUntil('its agent works', () => model.isHeld('alone'), 60_000);

  await breakModel({
    status: 429,
    headers: { 'retry-after': '4' },
    body: { error: { message: 'later' } },
  });
  model.release('alone');
  await waitForTask(platform, worked, 'alone', (task) => task.parkedUntil !== undefined, 90_000);
  const planned = await submitPrompt('by itself');
  await restoreModel();

  await waitForPlanStatus(platform, planned, 'pending_approval');
  await waitForTaskStatus(stage, worked, 'alone', 'merged');
  expect(await readBranchFile(stage, worked, 'root', 'src/alone.txt')).toBe('is done');
});

const manyTasks = Array.from({ length: 300 }, (_, index) => createTask(`part-${index}`));
const pythonPlan = createPlanAnswer(
  createTask('backend', {
    description: 'Write app.py with Flask and requirements.txt',
    scope: ['app.py', 'requirements.txt'],
  }),
  createTask('front'),
);
const truncatedPlan = JSON.stringify(GOOD_PLAN).slice(0, 300);
const hostilePlan = createPlanAnswer(
  createTask('../../etc/passwd', { scope: ['src/a.txt'] }),
  createTask('x$(touch /tmp/owned)', { scope: ['src/b.txt'], dependsOn: ['../../etc/passwd'] }),
  createTask('-rf', { scope: ['src/c.txt'] }),
);

/** Each a request of its own, all planned at once. */
const ANSWER_CASES: Record<
  string,
  { readonly plans: unknown[]; readonly ends: 'corrected' | RegExp }
> = {
  'prose around it': {
    plans: [`Sure! Here it is:\n\`\`\`json\n${JSON.stringify(GOOD_PLAN)}\n\`\`\`\nEnjoy.`],
    ends: 'corrected',
  },
  'cut off at first': { plans: [truncatedPlan, GOOD_PLAN], ends: 'corrected' },
  'cut off for ever': { plans: [truncatedPlan], ends: /cut off/ },
  'a cycle at first': {
    plans: [
      createPlanAnswer(
        createTask('a', { dependsOn: ['b'] }),
        createTask('b', { dependsOn: ['a'] }),
      ),
      GOOD_PLAN,
    ],
    ends: 'corrected',
  },
  'a cycle for ever': {
    plans: [
      createPlanAnswer(
        createTask('a', { dependsOn: ['b'] }),
        createTask('b', { dependsOn: ['a'] }),
      ),
    ],
    ends: /a -> b -> a|b -> a -> b|cycle/,
  },
  'unknown dependencies': {
    plans: [createPlanAnswer(createTask('a', { dependsOn: ['ghost'] }), createTask('b'))],
    ends: /ghost/,
  },
  'ids from hell at first': { plans: [hostilePlan, GOOD_PLAN], ends: 'corrected' },
  'ids from hell for ever': { plans: [hostilePlan], ends: /etc\/passwd/ },
  'three hundred tasks': { plans: [createPlanAnswer(...manyTasks)], ends: /300|60/ },
  'a foreign stack at first': { plans: [pythonPlan, GOOD_PLAN], ends: 'corrected' },
  'a foreign stack for ever': { plans: [pythonPlan], ends: /Python/ },
  'scopes outside': {
    plans: [createPlanAnswer(createTask('a', { scope: ['../../etc/'] }), createTask('b'))],
    ends: /scope|inside/,
  },
  'no plan at all': { plans: ['I would rather not.'], ends: /plan/ },
  'an empty plan': { plans: [createPlanAnswer()], ends: /task/ },
};

test('nonsense becomes a corrected plan or a failed one with the reason, never a task nobody meant', async () => {
  const { platform } = stage;
  const plans = new Map<string, string>();
  for (const [name, { plans: answers }] of Object.entries(ANSWER_CASES))
    plans.set(name, await submitPrompt(name, { plans: answers }));

  for (const [name, { ends }] of Object.entries(ANSWER_CASES)) {
    const id = plans.get(name) ?? '';
    const { plan: view } = await waitForPlan(
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
      expect(view.waiting, name).toMatchObject([{ kind: 'retry', actions: ['restart'] }]);
    }
  }
  const failed = plans.get('a cycle for ever') ?? '';
  stage.model.answerPlans('a cycle for ever', { verdict: COMPLEX_VERDICT, plans: [GOOD_PLAN] });
  await platform.cli(['plan', 'restart', failed], { expectedExit: 0 });
  await waitForPlanStatus(platform, failed, 'pending_approval');
  expect((await fetchPlanSnapshot(platform, failed)).plan.reason).toBeUndefined();
});

test('the doctor finds model, forge and store well, and says so when the model is not', async () => {
  const { platform, model } = stage;

  const well = await platform.cli(['doctor', '--json']);
  await model.stopServer();
  const ill = await platform.cli(['doctor']);
  await model.startServer();

  expect(well.stdout).toContain('"ok"');
  expect(ill.code).toBe(1);
  expect(ill.stdout).toMatch(/model/);
});
