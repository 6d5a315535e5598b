import { afterEach, expect, test } from 'vitest';
import type { ModelRefusal, PlannerAnswers } from '../support/model/scripted-task-model.ts';
import {
  readBranchFile,
  submitGraph,
  useStage,
  waitForTaskStatus,
} from '../support/platform/e2e-stage.ts';
import { requireOnePullPerTask } from '../support/platform/forge-facts.ts';
import { renderWriteInstruction } from '../support/platform/render-graph.ts';
import {
  fetchPlanSnapshot,
  submitPlan,
  waitForPlan,
  waitForPlanStatus,
  waitForTask,
} from '../support/platform/wait-for-plan.ts';
import { waitUntil } from '../support/wait-until.ts';

// Failures of the model: an unreachable or refusing model pauses work with one condition and without losses, and an invalid
// answer never becomes a plan.

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

function submitPrompt(phrase: string, answers: Partial<PlannerAnswers> = {}): Promise<string> {
  stage.model.answerPlans(phrase, { verdict: COMPLEX_VERDICT, plans: [GOOD_PLAN], ...answers });
  const args = ['--prompt', `Please do ${phrase} to the sample.`];
  return submitPlan(stage.platform, args, { cwd: stage.repository.path });
}

const REFUSAL_CASES: Record<
  string,
  { readonly refusal?: ModelRefusal; readonly expectedText: RegExp }
> = {
  'a dead endpoint': { expectedText: /cannot be reached|does not answer|unreachable/i },
  'a throttled endpoint': {
    refusal: {
      status: 429,
      headers: { 'retry-after': '120' },
      body: { error: { message: 'slow down' } },
    },
    expectedText: /429|slow down|too many|throttl/i,
  },
  'an exhausted quota': {
    refusal: {
      status: 429,
      body: { error: { message: 'You exceeded your current quota', code: 'insufficient_quota' } },
    },
    expectedText: /quota/i,
  },
  'a wrong key': {
    refusal: {
      status: 401,
      body: { error: { message: 'Incorrect API key', code: 'invalid_api_key' } },
    },
    expectedText: /key/i,
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

/** Submits a plan of two tasks, and waits until the agent of the first task waits for `model.release(hold)`. */
async function submitHeldPlan(hold: string): Promise<string> {
  const held = {
    id: 'one',
    description: `HOLD ${hold}\n${renderWriteInstruction('src/one.txt', 'one is done')}`,
  };
  const tasks = [held, { id: 'two', dependsOn: ['one'] }];
  const { plan } = await submitGraph(stage, tasks, ['--auto-approve']);
  await waitUntil('the agent works', () => stage.model.isHeld(hold), 60_000);
  return plan;
}

/** Waits until the plan shows the condition, which appears once. */
async function requireOneCondition(
  id: string,
  isExpected: (condition: { readonly message: string }) => boolean,
): Promise<void> {
  // The pause for all plans begins when the platform's own probe is refused.
  const { plan: view } = await waitForPlan(
    stage.platform,
    id,
    'the plan shows the condition of the model',
    (snapshot) => snapshot.plan.conditions.some(isExpected),
  );
  expect(view.conditions.filter(isExpected), JSON.stringify(view.conditions)).toHaveLength(1);
}

for (const [name, { refusal, expectedText }] of Object.entries(REFUSAL_CASES)) {
  test(`${name} parks tasks and planning with one condition, and costs no retry`, async () => {
    const { platform, model } = stage;
    const workPlan = await submitHeldPlan(name);

    await breakModel(refusal);
    model.release(name);
    const parkedTask = await waitForTask(
      platform,
      workPlan,
      'one',
      (task) => task.parkedUntil !== undefined,
      90_000,
    );
    const promptPlan = await submitPrompt(name);
    const isModelCondition = ({ message }: { readonly message: string }) =>
      expectedText.test(message);
    const parked = await waitForPlan(platform, promptPlan, 'planning is parked', (snapshot) =>
      snapshot.plan.conditions.some(isModelCondition),
    );

    expect(parkedTask).toMatchObject({
      status: 'ready',
      reason: expect.stringMatching(expectedText),
    });
    expect(parked.plan.status).toBe('planning');
    for (const id of [promptPlan, workPlan]) await requireOneCondition(id, isModelCondition);

    await restoreModel();
    for (const id of [promptPlan, workPlan])
      await platform.cli(['recover', id], { expectedExit: 0 });
    const { plan: plannedView } = await waitForPlanStatus(platform, promptPlan, 'pending_approval');
    const { plan: completedView, tasks: endedTasks } = await waitForPlanStatus(
      platform,
      workPlan,
      'complete',
      120_000,
    );

    for (const { conditions } of [plannedView, completedView])
      expect(conditions.filter(isModelCondition)).toEqual([]);
    expect(endedTasks.find(({ id }) => id === 'one')).toMatchObject({
      status: 'merged',
      attempt: 2,
    });
    await requireOnePullPerTask(platform, completedView.repositories[0]?.name ?? '', workPlan, [
      'one',
      'two',
    ]);
  });
}

test('work resumes without a command after a short Retry-After', async () => {
  const { platform, model } = stage;
  const task = {
    id: 'alone',
    description: `HOLD alone\n${renderWriteInstruction('src/alone.txt', 'is done')}`,
  };
  const { plan: workPlan } = await submitGraph(stage, [task], ['--auto-approve']);
  await waitUntil('the agent works', () => model.isHeld('alone'), 60_000);

  await breakModel({
    status: 429,
    headers: { 'retry-after': '4' },
    body: { error: { message: 'later' } },
  });
  model.release('alone');
  await waitForTask(platform, workPlan, 'alone', (task) => task.parkedUntil !== undefined, 90_000);
  const promptPlan = await submitPrompt('by itself');
  await restoreModel();

  await waitForPlanStatus(platform, promptPlan, 'pending_approval');
  await waitForTaskStatus(stage, workPlan, 'alone', 'merged');
  expect(await readBranchFile(stage, workPlan, 'root', 'src/alone.txt')).toBe('is done');
});

const threeHundredTasks = Array.from({ length: 300 }, (_, index) => createTask(`part-${index}`));
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

/** Answers of the planner model by case. Each case is a separate plan, and all plans are planned at once. */
const ANSWER_CASES: Record<
  string,
  { readonly plans: unknown[]; readonly outcome: 'corrected' | RegExp }
> = {
  'a plan within prose': {
    plans: [`Sure! Here it is:\n\`\`\`json\n${JSON.stringify(GOOD_PLAN)}\n\`\`\`\nEnjoy.`],
    outcome: 'corrected',
  },
  'a truncated plan at first': { plans: [truncatedPlan, GOOD_PLAN], outcome: 'corrected' },
  'a truncated plan every time': { plans: [truncatedPlan], outcome: /cut off/ },
  'a cycle at first': {
    plans: [
      createPlanAnswer(
        createTask('a', { dependsOn: ['b'] }),
        createTask('b', { dependsOn: ['a'] }),
      ),
      GOOD_PLAN,
    ],
    outcome: 'corrected',
  },
  'a cycle every time': {
    plans: [
      createPlanAnswer(
        createTask('a', { dependsOn: ['b'] }),
        createTask('b', { dependsOn: ['a'] }),
      ),
    ],
    outcome: /a -> b -> a|b -> a -> b|cycle/,
  },
  'unknown dependencies': {
    plans: [createPlanAnswer(createTask('a', { dependsOn: ['ghost'] }), createTask('b'))],
    outcome: /ghost/,
  },
  'hostile ids at first': { plans: [hostilePlan, GOOD_PLAN], outcome: 'corrected' },
  'hostile ids every time': { plans: [hostilePlan], outcome: /etc\/passwd/ },
  'three hundred tasks': { plans: [createPlanAnswer(...threeHundredTasks)], outcome: /300|60/ },
  'a foreign stack at first': { plans: [pythonPlan, GOOD_PLAN], outcome: 'corrected' },
  'a foreign stack every time': { plans: [pythonPlan], outcome: /Python/ },
  'scopes outside the repository': {
    plans: [createPlanAnswer(createTask('a', { scope: ['../../etc/'] }), createTask('b'))],
    outcome: /scope|inside/,
  },
  'no plan at all': { plans: ['I would rather not.'], outcome: /plan/ },
  'an empty plan': { plans: [createPlanAnswer()], outcome: /task/ },
};

test('an invalid answer of the planner leads to a corrected plan or to a failed plan with the reason', async () => {
  const { platform } = stage;
  const plans = new Map<string, string>();
  for (const [name, { plans: answers }] of Object.entries(ANSWER_CASES))
    plans.set(name, await submitPrompt(name, { plans: answers }));

  for (const [name, { outcome }] of Object.entries(ANSWER_CASES)) {
    const id = plans.get(name) ?? '';
    const { plan: view } = await waitForPlan(
      platform,
      id,
      `${name} is planned`,
      (snapshot) => snapshot.plan.status !== 'planning',
      120_000,
    );
    if (outcome === 'corrected') {
      expect(view, name).toMatchObject({ status: 'pending_approval', forecast: { tasks: 3 } });
      expect(view.forecast?.waves.flat().join(' ')).toMatch(/^[a-z0-9 -]+$/);
    } else {
      expect(view.status, name).toBe('failed');
      expect(view.reason, name).toMatch(outcome);
      expect(view.waiting, name).toMatchObject([{ kind: 'retry', actions: ['restart'] }]);
    }
  }
  const failed = plans.get('a cycle every time') ?? '';
  stage.model.answerPlans('a cycle every time', { verdict: COMPLEX_VERDICT, plans: [GOOD_PLAN] });
  await platform.cli(['plan', 'restart', failed], { expectedExit: 0 });
  await waitForPlanStatus(platform, failed, 'pending_approval');
  expect((await fetchPlanSnapshot(platform, failed)).plan.reason).toBeUndefined();
});

test('doctor reports healthy parts, and fails if the model is down', async () => {
  const { platform, model } = stage;

  const healthy = await platform.cli(['doctor', '--json']);
  await model.stopServer();
  const unhealthy = await platform.cli(['doctor']);
  await model.startServer();

  expect(healthy.stdout).toContain('"ok"');
  expect(unhealthy.code).toBe(1);
  expect(unhealthy.stdout).toMatch(/model/);
});
