import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { getWaitingCommand } from '../../cli/render/render-waiting.ts';
import { taskViewSchema } from '../../core/contract/task.ts';
import type { Waiting } from '../../core/contract/waiting.ts';
import type { ScriptedTaskModel } from '../support/model/scripted-task-model.ts';
import { startScriptedTaskModel } from '../support/model/scripted-task-model.ts';
import type { PullFacts } from '../support/platform/forge-facts.ts';
import { listPulls, listRunPulls, requireOnePullPerTask } from '../support/platform/forge-facts.ts';
import { renderGraph, renderWriteInstruction } from '../support/platform/render-graph.ts';
import {
  readPlanStatus,
  submitPlan,
  waitForPlan,
  waitForPlanStatus,
  waitForTask,
} from '../support/platform/wait-for-plan.ts';
import type { PlatformProcess } from '../support/process/platform-process.ts';
import { startPlatformProcess } from '../support/process/platform-process.ts';
import { waitUntil } from '../support/wait-until.ts';
import type { E2eRepository } from '../support/workspace/e2e-repository.ts';
import { makeE2eRepository } from '../support/workspace/e2e-repository.ts';
import { runGit } from '../support/workspace/git.ts';

// A plan of twelve tasks that needs every kind of action of a person. The tests run in order and use the commands that the
// waiting items of the plan offer.

const TASK_DEPENDENCIES = {
  one: [],
  two: [],
  asks: [],
  tries: [],
  fails: [],
  steered: [],
  three: ['one', 'two'],
  four: ['three'],
  five: ['one'],
  six: ['five', 'asks'],
  seven: ['six', 'four'],
  eight: ['steered'],
};
/** Orders to the scripted model, such as ASK and HOLD; test/support/model/task-script.ts explains them. */
const DESCRIPTIONS: Readonly<Record<string, string>> = {
  asks: 'ASK Which colour? (grey)\nKEEP src/asks.txt',
  tries: `TRY the first time is too early\n${renderWriteInstruction('src/tries.txt', 'tries')}`,
  fails: `UNLESS the manual\n${renderWriteInstruction('src/fails.txt', 'fails')}`,
  steered: `HOLD steered\n${renderWriteInstruction('src/steered.txt', 'first')}`,
  five: `SAY and a note for the next task\n${renderWriteInstruction('src/five.txt', 'five')}`,
};

let model: ScriptedTaskModel;
let platform: PlatformProcess;
let repository: E2eRepository;
let repo = '';
let plan = '';

beforeAll(async () => {
  model = await startScriptedTaskModel();
  platform = await startPlatformProcess({ model });
  repository = await makeE2eRepository(platform.workspace, 'review');
  const tasks = Object.entries(TASK_DEPENDENCIES).map(([id, dependsOn]) => {
    const description = DESCRIPTIONS[id];
    return { id, dependsOn, ...(description === undefined ? {} : { description }) };
  });
  await writeFile(join(repository.path, '..', 'graph.yaml'), renderGraph('Twelve tasks', tasks));
  const args = ['--plan', '../graph.yaml', '--policy', 'review'];
  plan = await submitPlan(platform, args, { cwd: repository.path });
  const { plan: view } = await waitForPlanStatus(platform, plan, 'pending_approval');
  repo = view.repositories[0]?.name ?? '';
});
afterAll(async () => {
  await platform?.close();
  await model?.close();
});

/** Runs the command of a waiting item; `text` replaces the placeholder "..." of the command. */
async function followCommand(waiting: Waiting | undefined, text = ''): Promise<void> {
  if (waiting === undefined) throw new Error('the plan waits for nothing');
  const [program, ...words] = getWaitingCommand(waiting).split(' ');
  expect(program).toBe('smol-gang');
  const args = words.map((word) => (word === '"..."' ? text : word));
  await platform.cli(args, { expectedExit: 0 });
}

function waitForReview(task: string) {
  return waitForTask(platform, plan, task, (view) => view.status === 'in_review', 120_000);
}

function waitForMerge(task: string) {
  return waitForTask(platform, plan, task, (view) => view.status === 'merged', 120_000);
}

/** Returns the content of a file on a branch of the run. */
function readFileOnBranch(branch: string, path: string): Promise<string> {
  return runGit(repository.path, ['show', `smol-gang/${plan}-r1/${branch}:${path}`]);
}

async function postReview(pull: number, event: string, body: string, by: string): Promise<void> {
  const path = `/api/v3/repos/${repo}/pulls/${pull}/reviews`;
  const { status } = await platform.forge('POST', path, { event, body }, by);
  expect(status).toBe(200);
}

test('the status of a waiting plan offers the approval, which starts the plan', async () => {
  const status = await platform.cli(['status', plan], { expectedExit: 6 });
  const { plan: view } = await readPlanStatus(platform, plan);

  expect(status.stdout).toContain(`smol-gang plan approve ${plan}`);
  await followCommand(view.waiting[0]);

  await waitForPlanStatus(platform, plan, 'active');
});

test('a person answers a question of an agent by the offered command', async () => {
  const asking = await waitForTask(platform, plan, 'asks', (task) => task.question !== undefined);
  expect(asking).toMatchObject({
    status: 'awaiting_input',
    question: { text: 'Which colour?', default: 'grey' },
  });

  await followCommand(asking.waiting, 'blue');

  await waitForReview('asks');
  expect(await readFileOnBranch('t/asks', 'src/asks.txt')).toBe('blue');
});

test('a message of a person reaches an agent during its work', async () => {
  await waitUntil('the agent works', () => model.isHeld('steered'), 60_000);
  const watching = platform.startCli(['task', 'logs', plan, 'steered', '--follow']);

  await platform.cli(
    [
      'task',
      'message',
      plan,
      'steered',
      `! ${renderWriteInstruction('src/steered.txt', 'second')}`,
    ],
    { expectedExit: 0 },
  );
  const hasMessage = () =>
    model.askedPrompts.some(({ by, text }) => by === 'agent' && text.includes('second'));
  await waitUntil('the agent receives the message', hasMessage, 60_000);
  model.release('steered');

  await waitForReview('steered');
  expect(await readFileOnBranch('t/steered', 'src/steered.txt')).toBe('second');
  await waitUntil('the followed log shows the change', () =>
    watching.stdout().includes('src/steered.txt'),
  );
  await followCommand((await waitForReview('steered')).waiting);
  await waitForMerge('steered');
  expect(await watching.exit).toBe(0);
  expect(watching.stderr()).toContain('steered');
});

test('a failed task is retried, and a task that fails again is blocked with the reason', async () => {
  const tried = await waitForReview('tries');
  expect(tried).toMatchObject({ attempt: 2 });
  const blocked = await waitForTask(platform, plan, 'fails', (task) => task.status === 'blocked');
  expect(blocked).toMatchObject({
    attempt: 2,
    reason: expect.stringContaining('the manual is missing'),
  });

  model.release('the manual');
  await followCommand(blocked.waiting);

  expect(await waitForReview('fails')).toMatchObject({ attempt: 3 });
});

test('a task can be approved by a review at the forge and by the offered command', async () => {
  const reviewer = await platform.createPerson('reviewer');
  const [first, second] = [await waitForReview('one'), await waitForReview('two')];

  await postReview(second.pullRequest?.number ?? 0, 'APPROVE', 'Good.', reviewer);
  await followCommand(first.waiting);

  await Promise.all([waitForMerge('one'), waitForMerge('two')]);
  const withRootPull = await waitForPlan(
    platform,
    plan,
    'the root has its pull request',
    ({ plan: view }) => view.pulls.some((pull) => pull.number !== undefined),
  );
  expect(withRootPull.plan.pulls).toMatchObject([{ ready: false }]);
  const { root } = await listRunPulls(platform, repo, plan);
  expect(root).toMatchObject({ draft: true, state: 'open', base: { ref: 'main' } });
});

test('changes requested by command and at the forge reach the agents that repair the tasks', async () => {
  const stranger = await platform.createPerson('stranger', 'read');
  const reviewer = await platform.createPerson('reviewer-two');
  const [tries, five] = [await waitForReview('tries'), await waitForReview('five')];
  const number = five.pullRequest?.number ?? 0;

  await postReview(number, 'APPROVE', 'I may not say so.', stranger);
  await postReview(
    number,
    'REQUEST_CHANGES',
    renderWriteInstruction('src/five.txt', 'five, repaired'),
    reviewer,
  );
  const change = renderWriteInstruction('src/tries.txt', 'tries, repaired');
  await platform.cli(['task', 'request-changes', plan, 'tries', change], { expectedExit: 0 });

  const repaired = await waitForTask(
    platform,
    plan,
    'five',
    (task) => task.status === 'in_review' && task.attempt > five.attempt,
    120_000,
  );
  expect(repaired.pullRequest?.number).toBe(number);
  expect(await readFileOnBranch('t/five', 'src/five.txt')).toBe('five, repaired');
  await waitForTask(
    platform,
    plan,
    'tries',
    (task) => task.status === 'in_review' && task.attempt > tries.attempt,
    120_000,
  );
  expect(await readFileOnBranch('t/tries', 'src/tries.txt')).toBe('tries, repaired');
});

test('an approval of the repaired commit leads to the merge', async () => {
  const five = await waitForReview('five');
  const reviewer = await platform.createPerson('reviewer-three');

  await postReview(five.pullRequest?.number ?? 0, 'APPROVE', 'Now it is.', reviewer);

  await waitForMerge('five');
});

test('the plan completes after a person has followed every offered command', async () => {
  const followed = new Set<string>();
  const completed = await waitForPlan(
    platform,
    plan,
    'the plan is complete',
    ({ plan: view, tasks }) => {
      for (const { id, status, waiting } of tasks) {
        if (status !== 'in_review' || followed.has(id)) continue;
        followed.add(id);
        followCommand(waiting).catch(() => followed.delete(id));
      }
      return view.status === 'complete';
    },
    200_000,
  );

  expect(completed.plan).toMatchObject({ halted: false, counts: { merged: 12 } });
  expect(completed.plan.waiting).toMatchObject([{ kind: 'merge', actions: ['merge'] }]);
  const { root, tasks } = await requireOnePullPerTask(
    platform,
    repo,
    plan,
    Object.keys(TASK_DEPENDENCIES),
  );
  expect(root).toMatchObject({ draft: false, state: 'open', base: { ref: 'main' } });
  requireRootText(root);
  for (const [name, [pull]] of tasks) requireTaskText(name, pull);
  expect(await runGit(repository.path, ['rev-parse', 'main'])).toBe(repository.head);
  expect(await runGit(repository.path, ['status', '--porcelain'])).toBe('');
});

function requireRootText(root: PullFacts | undefined): void {
  const body = root?.body ?? '';
  expect(root?.title).toContain('Twelve tasks');
  expect(root?.labels.map(({ name }) => name).sort()).toEqual(['auto-generated', 'smol-gang']);
  expect(body).toContain('**Ready for review.** 12 of 12 tasks are merged');
  expect(body).toMatch(/```mermaid\n(graph|flowchart)/);
  for (const task of Object.keys(TASK_DEPENDENCIES))
    expect(body).toMatch(new RegExp(`\\| \`${task}\` `));
  expect(body).toContain('sh check.sh');
}

function requireTaskText(name: string, pull: PullFacts | undefined): void {
  const body = pull?.body ?? '';
  const id = name.slice('t/'.length);
  const labels = pull?.labels.map((label) => label.name) ?? [];
  expect(pull?.title).toContain(`Add ${id}`);
  expect(labels).toEqual(expect.arrayContaining(['smol-gang', 'auto-generated']));
  expect(labels.filter((label) => /^wave-\d$/.test(label))).toHaveLength(1);
  expect(body).toContain(`- [ ] src/${id}.txt says that ${id} is done`);
  expect(body).toContain('**Passed**: the verify commands ran on exactly commit');
  expect(body).toContain('## Work log');
  if (id === 'seven') expect(body).toMatch(/- #\d+ `six`/);
}

test('diff, history and summary of a complete plan remain readable', async () => {
  const diff = await platform.cli(['task', 'diff', plan, 'five', '--json'], { expectedExit: 0 });
  const history = await platform.cli(['task', 'history', plan, 'tries', '--json'], {
    expectedExit: 0,
  });
  const table = await platform.cli(['status', plan], { expectedExit: 0 });
  const rootFolder = await readFileOnBranch('root', '');

  expect(
    diff.json(z.object({ files: z.array(z.looseObject({ path: z.string() })) })).files,
  ).toMatchObject([{ path: 'src/five.txt' }]);
  expect(history.stdout).toMatch(/the first time is too early/);
  for (const task of Object.keys(TASK_DEPENDENCIES)) expect(table.stdout).toContain(task);
  expect(rootFolder).not.toMatch(/plan/i);
  const summary = await platform.cli(['status', plan, '--summary'], { expectedExit: 0 });
  expect(summary.stdout).toMatch(/critical path/);
});

test('the forge refuses to merge into a checked-out base branch, and a merge in the work tree ends the plan', async () => {
  const { root } = await listRunPulls(platform, repo, plan);
  const path = `/api/v3/repos/${repo}/pulls/${root?.number ?? 0}/merge`;

  const refused = await platform.forge('PUT', path, { merge_method: 'merge' });
  await runGit(repository.path, ['merge', '--quiet', '--no-edit', root?.head.ref ?? '']);
  await platform.cli(['recover', plan], { expectedExit: 0 });

  expect(refused.status).toBe(405);
  expect(JSON.stringify(refused.body)).toContain('checked out in a work tree; merge it there');
  await waitForPlan(
    platform,
    plan,
    'the plan records the merge of its pull request',
    ({ plan: view }) => view.pulls.every((pull) => pull.state === 'merged'),
  );
  const show = await platform.cli(['task', 'show', plan, 'one', '--json'], { expectedExit: 0 });
  expect(show.json(taskViewSchema).status).toBe('merged');
  expect((await listPulls(platform, repo)).filter((pull) => pull.state === 'open')).toEqual([]);
  await waitUntil(
    'branches are cleaned up',
    async () => (await runGit(repository.path, ['branch', '--list', 'smol-gang/*'])) === '',
    30_000,
  );
});
