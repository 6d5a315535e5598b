import { execFile } from 'node:child_process';
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLlm } from '../../../adapters/openai/create-llm.ts';
import { probeModel } from '../../../adapters/openai/probe-model.ts';
import {
  renderTaskPrompt,
  renderVerifyFeedback,
} from '../../../agent/bridge/attempt/task-prompt.ts';
import type { Assignment } from '../../../core/contract/attempt.ts';
import type { TaskSpec } from '../../../core/contract/task.ts';
import { validateGraph } from '../../../core/graph/check/validate-graph.ts';
import { assessRequest } from '../../../core/planning/assess-request.ts';
import { decomposeRequest } from '../../../core/planning/decompose-request.ts';
import type { Exploration } from '../../../core/planning/explore/exploration.ts';
import { DEMO_COMPLEX_PROMPT, DEMO_SIMPLE_PROMPT } from '../../../local/model/demo-prompt.ts';
import type { ScriptedModel } from '../../../local/model/start-scripted-model.ts';
import { startScriptedModel } from '../../../local/model/start-scripted-model.ts';
import { seedSample } from '../../../local/sample.ts';
import type { AgentProcess } from '../../support/process/agent-process.ts';
import { startAgentProcess } from '../../support/process/agent-process.ts';

const PATH = [dirname(process.execPath), process.env.PATH].join(delimiter);
const SHA = '0'.repeat(40);
const VERIFY = ['node', 'run-tests.js'];

let folder: string;
let model: ScriptedModel | undefined;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'scripted-')));
});
afterEach(async () => {
  await model?.close();
  model = undefined;
  await rm(folder, { recursive: true });
});

const exploration: Exploration = {
  repo: 'demo/pocket-ledger',
  sha: SHA,
  fileCount: 17,
  truncated: false,
  outline: 'package.json\nsrc/cli.js\nsrc/money.js\ntest/cli.test.js',
  languages: [{ name: 'JavaScript', fileCount: 10 }],
  packageManagers: ['npm'],
  manifestPaths: ['package.json'],
  manifests: [],
  docs: [],
  config: undefined,
  problems: [],
  commands: { setup: [], verify: [VERIFY], description: '.smol-gang.yaml' },
  shared: ['CHANGELOG.md'],
  pullTemplate: undefined,
  forgeCalls: 0,
};

async function startModel(variationSeed?: number): Promise<ScriptedModel> {
  model = await startScriptedModel({ port: 0, latencyMs: 5, variationSeed });
  return model;
}

function createModelClient({ url, apiKey, model: name }: ScriptedModel) {
  return createLlm({
    baseUrl: url,
    apiKey,
    models: { heavy: name, light: name },
    concurrency: 4,
    timeoutMs: 10_000,
    now: Date.now,
  });
}

async function planTasks(server: ScriptedModel): Promise<TaskSpec[]> {
  const llm = createModelClient(server);
  const explorations = [exploration];
  const { verdict } = await assessRequest(llm, { prompt: DEMO_COMPLEX_PROMPT, explorations });
  expect(verdict).toMatchObject({ complexity: 'complex', estimatedTasks: 8 });
  const { tasks, answerCount } = await decomposeRequest(
    llm,
    {
      prompt: DEMO_COMPLEX_PROMPT,
      explorations,
      verdict,
      repositories: [exploration.repo],
      shared: exploration.shared,
    },
    validateGraph,
  );
  expect(answerCount).toBe(1);
  return tasks;
}

/** Returns the task ids of each wave. */
function groupByWave(tasks: readonly TaskSpec[]): string[][] {
  const waves: string[][] = [];
  const placed = new Set<string>();
  while (placed.size < tasks.length) {
    const unplaced = tasks.filter(({ id }) => !placed.has(id));
    const wave = unplaced.filter(({ dependsOn }) => dependsOn.every((id) => placed.has(id)));
    waves.push(wave.map(({ id }) => id));
    for (const { id } of wave) placed.add(id);
  }
  return waves;
}

type AssignmentChange = Partial<Pick<Assignment, 'kind' | 'notes' | 'repair'>>;

function createAssignment(
  task: Pick<TaskSpec, 'id' | 'title' | 'description' | 'criteria' | 'scope'>,
  change: AssignmentChange = {},
): Assignment {
  const { id, title, description, criteria, scope } = task;
  return {
    version: 1,
    attemptId: `p0000000000.r1.${id}.1`,
    kind: 'work',
    plan: { id: 'p0000000000', run: 1, title: 'Household', purpose: 'work' },
    task: { id, title, description, criteria, scope, interactive: false, end: false },
    repository: {
      name: 'demo/pocket-ledger',
      cloneUrl: 'http://127.0.0.1/demo.git',
      start: SHA,
      rootBranch: 'smol-gang/p0000000000-r1/root',
      root: SHA,
      branch: `smol-gang/p0000000000-r1/a/${id}-1`,
    },
    setup: [],
    verify: [VERIFY],
    env: {},
    shared: ['CHANGELOG.md'],
    foreignScopes: [{ task: 'other', scope: ['src/elsewhere.js'] }],
    parents: [
      { task: 'csv', title: 'CSV', summary: 'Added parseCsv(text) returns rows of fields' },
    ],
    notes: '',
    conversation: [],
    agent: { name: 'small', model: 'scripted-model', tier: 'auto' },
    author: { name: 'Gang', email: 'gang@example.com' },
    signOff: false,
    limits: { maxMinutes: 10, idleMinutes: 5, maxTokens: 1_000_000, maxUsd: 1, maxTurns: 50 },
    price: null,
    leaseMs: 60_000,
    heartbeatMs: 10_000,
    ...change,
  };
}

async function runWithAgent<T>(cwd: string, work: (agent: AgentProcess) => Promise<T>): Promise<T> {
  if (model === undefined) throw new Error('call startModel before runWithAgent');
  const { url: baseUrl, apiKey, model: name } = model;
  const agent = await startAgentProcess({ cwd, baseUrl, apiKey, model: name, env: { PATH } });
  try {
    return await work(agent);
  } finally {
    await agent.endProcess();
  }
}

/** Sends a prompt and returns the text after the last tool call of the turn. */
async function promptAgent(agent: AgentProcess, prompt: string): Promise<string> {
  const before = agent.updates.length;
  expect(await agent.prompt(prompt)).toBe('end_turn');
  const updates = agent.updates.slice(before);
  const last = updates.findLastIndex((update) => update.sessionUpdate === 'tool_call_update');
  const texts = updates
    .slice(last + 1)
    .map((update) =>
      update.sessionUpdate === 'agent_message_chunk' && update.content.type === 'text'
        ? update.content.text
        : '',
    );
  return texts.join('');
}

async function runCommand(cwd: string, command: string, ...args: string[]) {
  const env = {
    PATH,
    HOME: cwd,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_AUTHOR_NAME: 'a',
    GIT_AUTHOR_EMAIL: 'a@b',
    GIT_COMMITTER_NAME: 'a',
    GIT_COMMITTER_EMAIL: 'a@b',
  };
  return await promisify(execFile)(command, args, { cwd, env }).then(
    ({ stdout }) => ({ code: 0, output: stdout }),
    (error: { readonly code: number; readonly stdout: string }) => ({
      code: error.code,
      output: error.stdout,
    }),
  );
}

async function commitAll(cwd: string): Promise<void> {
  await runCommand(cwd, 'git', 'add', '--all');
  expect((await runCommand(cwd, 'git', 'commit', '-qm', 'work')).code).toBe(0);
}

const runTests = (cwd: string) => runCommand(cwd, 'node', 'run-tests.js');

describe.each([undefined, 1, 7])(
  'the scripted model with the variation seed %s',
  (variationSeed) => {
    test('completes the demo plan task by task, and the tests pass after each task', async () => {
      const tasks = await planTasks(await startModel(variationSeed));
      const waves = groupByWave(tasks);
      expect(waves.map((wave) => wave.length)).toEqual([4, 3, 1]);
      await seedSample(folder);

      for (const id of waves.flat()) {
        const task = tasks.find((candidate) => candidate.id === id);
        if (task === undefined) throw new Error(`the plan has no task ${id}`);
        const failureNotes =
          'An attempt failed: the agent gives up: amounts are compared as text in filterEntries';
        const assignment = createAssignment(task, { notes: failureNotes });
        const text = await runWithAgent(folder, (agent) =>
          promptAgent(agent, renderTaskPrompt(assignment)),
        );
        expect(text).not.toContain('CANNOT');
        expect((await runTests(folder)).output).toMatch(/^. fail 0$/m);
        const { output } = await runCommand(folder, 'git', 'status', '--porcelain', '-uall');
        const changed = output.split('\n').flatMap((line) => line.slice(3) || []);
        expect([...task.scope, 'CHANGELOG.md']).toEqual(expect.arrayContaining(changed));
        await commitAll(folder);
      }

      expect((await runCommand(folder, 'node', '--test')).code).toBe(0);
      const changelog = await readFile(join(folder, 'CHANGELOG.md'), 'utf8');
      expect(changelog.match(/^- .*$/gm)?.length).toBe(7);
    });
  },
);

describe('the demo', () => {
  async function planTaskAbout(words: string): Promise<TaskSpec> {
    const tasks = await planTasks(model ?? (await startModel()));
    const task = tasks.find(({ description }) => description.includes(words));
    if (task === undefined) throw new Error(`no task is about ${words}`);
    return task;
  }

  test('has a task whose first attempt fails the tests and gives up, and whose second attempt passes', async () => {
    const task = await planTaskAbout('filterEntries');
    await seedSample(folder);

    const reason = await runWithAgent(folder, async (agent) => {
      await promptAgent(agent, renderTaskPrompt(createAssignment(task)));
      const failedRun = await runTests(folder);
      expect(failedRun.code).not.toBe(0);
      const results = [
        {
          command: VERIFY,
          exitCode: 1,
          durationMs: 1,
          output: failedRun.output.slice(-8_000),
        },
      ];
      const evidence = { commit: SHA, root: SHA, green: false, empty: false, results, at: 0 };
      return await promptAgent(agent, renderVerifyFeedback(evidence, []));
    });
    expect(reason).toMatch(/^CANNOT: amounts are compared as text/);

    await runCommand(folder, 'git', 'clean', '-fdq');
    const secondAssignment = createAssignment(task, { notes: `Attempt 1 failed: ${reason}` });
    await runWithAgent(folder, (agent) => promptAgent(agent, renderTaskPrompt(secondAssignment)));
    expect((await runTests(folder)).code).toBe(0);
  });

  test('has two tasks that conflict in the changelog, which a repair resolves', async () => {
    const csv = await planTaskAbout('parseCsv(text) returns');
    const period = await planTaskAbout('parsePeriod(text)');
    await seedSample(folder);
    for (const task of [csv, period]) {
      await runCommand(folder, 'git', 'checkout', '-qb', task.id, 'main');
      await runWithAgent(folder, (agent) =>
        promptAgent(agent, renderTaskPrompt(createAssignment(task))),
      );
      await commitAll(folder);
    }
    expect((await runCommand(folder, 'git', 'merge', '-q', csv.id)).code).toBe(1);

    const repair = {
      reason: 'conflict',
      detail: '',
      files: ['CHANGELOG.md'],
      tasks: [csv.id],
    } as const;
    const assignment = createAssignment(period, {
      kind: 'repair',
      repair: { ...repair, files: [...repair.files], tasks: [...repair.tasks] },
    });
    const conflict = { files: ['CHANGELOG.md'], messages: '', rootBranch: 'root' };
    await runWithAgent(folder, (agent) =>
      promptAgent(agent, renderTaskPrompt(assignment, conflict)),
    );

    const changelog = await readFile(join(folder, 'CHANGELOG.md'), 'utf8');
    expect(changelog).not.toMatch(/^(<{7}|={7}|>{7})/m);
    expect(changelog).toContain('- CSV is read');
    expect(changelog).toContain('- Periods: a year');
    expect((await runTests(folder)).code).toBe(0);
  });

  test('has a simple prompt that an agent completes in a single prompt turn', async () => {
    const llm = createModelClient(await startModel());
    const { verdict } = await assessRequest(llm, {
      prompt: DEMO_SIMPLE_PROMPT,
      explorations: [exploration],
    });
    expect(verdict).toMatchObject({ complexity: 'simple', estimatedTasks: 1 });
    await seedSample(folder);

    const task = {
      id: 'work',
      title: '',
      description: DEMO_SIMPLE_PROMPT,
      criteria: [],
      scope: [],
    };
    await runWithAgent(folder, (agent) =>
      promptAgent(agent, renderTaskPrompt(createAssignment(task))),
    );

    const code = "import('./src/money.js').then((m) => console.log(m.formatAmount(123450)))";
    expect((await runCommand(folder, 'node', '-e', code)).output).toBe('1,234.50\n');
    expect((await runTests(folder)).code).toBe(0);
  });

  test('has an agent that answers a message in the same conversation', async () => {
    await startModel();
    const task = await planTaskAbout('canonicalCategory');
    await seedSample(folder);

    await runWithAgent(folder, async (agent) => {
      await promptAgent(agent, renderTaskPrompt(createAssignment(task)));
      expect(await promptAgent(agent, 'A message of ann: is it done?')).toContain('Noted');
    });

    expect((await runTests(folder)).code).toBe(0);
  });
});

describe('the endpoint of the scripted model', () => {
  test('passes every check of the doctor command', async () => {
    const server = await startModel();
    const checks = await probeModel({
      baseUrl: server.url,
      apiKey: server.apiKey,
      model: server.model,
      timeoutMs: 5_000,
      now: Date.now,
    });

    expect(checks.map(({ state }) => state)).toEqual(Array(6).fill('ok'));
  });

  test('rejects a wrong key, another model name and a prompt outside the demo', async () => {
    const server = await startModel();
    const ask = (change: object, prompt: string) =>
      assessRequest(createModelClient({ ...server, ...change }), { prompt, explorations: [] });

    await expect(ask({ apiKey: 'wrong' }, 'x')).rejects.toMatchObject({
      code: 'model_key_refused',
    });
    await expect(ask({ model: 'gpt' }, 'x')).rejects.toThrow('only scripted-model');
    await expect(ask({}, 'Write a compiler')).rejects.toThrow(
      'can answer only the prompts of the demo',
    );
  });
});
